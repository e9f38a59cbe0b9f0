import { buildConnector, Pool, type Dispatcher } from 'undici';

import type { UpstreamReach } from '../../../core/upstream.js';
import { AddressNotAllowedError, literalProblem, lookupWithin } from '../../address/reach.js';
import type { TransportLimits } from '../transport.js';
import type { RemoteEndpoint } from './request-headers.js';

/** How long a socket without a request is kept when the upstream does not say. Under the 5 s many servers use. */
const keepAliveMs = 4_000;

/**
 * Sockets to the origin of one upstream, kept alive between requests. Their number is not capped here: the connection's
 * own cap on requests in flight does that, and a long stream must not block a call.
 */
export class UpstreamPool {
  readonly origin: string;
  readonly #pool: Pool;

  constructor({ url, reach }: Pick<RemoteEndpoint, 'url' | 'reach'>, limits: TransportLimits) {
    this.origin = url.origin;
    this.#pool = new Pool(url.origin, {
      connections: null,
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      connectTimeout: limits.connectTimeoutMs,
      ...(reach === undefined ? {} : { connect: connectorWithin(reach, limits.connectTimeoutMs) }),
      // Deadlines are the call's own: a silent upstream is not a broken one.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  post(path: string, headers: string[], body: string, handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch({ path, method: 'POST', headers, body }, handler);
  }

  get(path: string, headers: string[], handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch({ path, method: 'GET', headers }, handler);
  }

  delete(path: string, headers: string[], handler: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch({ path, method: 'DELETE', headers }, handler);
  }

  /** Ends every socket at once. */
  async destroy(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** Opens sockets to addresses within reach alone. An address in the URL itself is never looked up, so it is judged here. */
function connectorWithin(reach: UpstreamReach, timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout, lookup: lookupWithin(reach) });
  return (options, callback) => {
    const problem = literalProblem(options.hostname, reach);
    if (problem === null) connect(options, callback);
    else queueMicrotask(() => callback(new AddressNotAllowedError(problem), null));
  };
}

import { Pool, type Dispatcher } from 'undici';

import type { TransportLimits } from '../transport.js';

/** How long a socket without a request is kept when the upstream does not say. Under the 5 s many servers use. */
const keepAliveMs = 4_000;

/**
 * Sockets to the origin of one upstream, kept alive between requests. Their number is not capped here: the connection's
 * own cap on requests in flight does that, and a long stream must not block a call.
 */
export class UpstreamPool {
  readonly #pool: Pool;

  constructor(
    readonly origin: string,
    limits: TransportLimits,
  ) {
    this.#pool = new Pool(origin, {
      connections: null,
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      connectTimeout: limits.connectTimeoutMs,
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

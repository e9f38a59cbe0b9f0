import { performance } from 'node:perf_hooks';

import type { Logger } from 'pino';

import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import { applyCors } from './cors.js';
import { sendError } from './error-response.js';
import { respondWithError } from './gateway-exception.filter.js';
import { pathOf, type GatewayRequest, type GatewayResponse } from './gateway-request.js';
import type { HotHandler, HotRoutes } from './hot-routes.js';
import { requestIdFrom } from './logging/request-id.js';
import { RequestLog } from './logging/request-line.js';
import type { ReadinessService } from './readiness.service.js';

/** What the global guard does, for requests that do not come through Nest's router. */
export interface RequestAuthenticator {
  /** Sets the request's principal. At once when the key is known; throws or rejects with a GatewayError. */
  authenticateRequest(request: GatewayRequest): Principal | Promise<Principal>;
}

export interface FrontDoorOptions {
  /** null: everything goes through Nest's router. */
  readonly routes: HotRoutes | null;
  readonly readiness: ReadinessService;
  readonly corsOrigins: readonly string[];
}

/** Gives each request its id and its line in the log, and takes the hot ones past Nest's router. */
export class FrontDoor {
  readonly #log: RequestLog;

  constructor(
    private readonly options: FrontDoorOptions,
    private readonly authenticator: RequestAuthenticator,
    private readonly logger: Logger,
  ) {
    this.#log = new RequestLog(logger);
  }

  /** True when the request was taken. */
  readonly enter = (request: GatewayRequest, response: GatewayResponse): boolean => {
    request.requestId = requestIdFrom(request.headers['x-request-id']);
    if (this.#log.isEnabled && !isProbe(request)) this.#logWhenDone(request, response);
    const refusal = this.#refusalOf(request);
    if (refusal !== null) {
      sendError(request, response, refusal);
      return true;
    }
    const { corsOrigins, routes } = this.options;
    if (corsOrigins.length > 0 && applyCors(request, response, corsOrigins)) return true;
    const handler = routes?.find(request.method ?? 'GET', pathOf(request));
    if (handler === undefined) {
      response.setHeader('x-request-id', request.requestId);
      response.setHeader('X-Content-Type-Options', 'nosniff');
      return false;
    }
    this.#run(handler, request, response);
    return true;
  };

  /** No more requests come: the last lines are written. */
  close(): void {
    this.#log.flush();
  }

  /** What no route takes, whichever way it is entered. Who watches over the process does so until its end. */
  #refusalOf(request: GatewayRequest): GatewayError | null {
    if (request.headers.host === undefined && request.httpVersion === '1.1') {
      const message = 'The request has no Host header.';
      return new GatewayError('INVALID_REQUEST', { param: 'Host', message });
    }
    const isRefused =
      this.options.readiness.isStopping && !isProbe(request) && pathOf(request) !== '/metrics';
    return isRefused ? new GatewayError('SHUTTING_DOWN', { retryAfterSeconds: 5 }) : null;
  }

  #run(handler: HotHandler, request: GatewayRequest, response: GatewayResponse): void {
    try {
      const principal = this.authenticator.authenticateRequest(request);
      const done =
        principal instanceof Promise
          ? principal.then(() => handler(request, response))
          : handler(request, response);
      if (done instanceof Promise) {
        done.catch((error: unknown) => respondWithError(this.logger, request, response, error));
      }
    } catch (error) {
      respondWithError(this.logger, request, response, error);
    }
  }

  #logWhenDone(request: GatewayRequest, response: GatewayResponse): void {
    const startedAt = performance.now();
    // As it was sent: Express cuts off the start of it for what is mounted below a path.
    const path = pathOf(request);
    response.on('close', () => {
      this.#log.write({
        method: request.method ?? '',
        path,
        status: response.statusCode,
        durationMs: performance.now() - startedAt,
        requestId: request.requestId,
        keyId: request.principal?.keyId ?? null,
      });
    });
  }
}

/** Asked every few seconds by what watches over the process; a line each would drown the rest. */
function isProbe(request: GatewayRequest): boolean {
  return request.url?.startsWith('/health/') === true;
}

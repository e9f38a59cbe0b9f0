import { createServer, type RequestListener } from 'node:http';

import { ExpressAdapter } from '@nestjs/platform-express';

import type { GatewayRequest, GatewayResponse } from './gateway-request.js';

/** Takes a request before Express; false hands it on. */
export type RequestTaker = (request: GatewayRequest, response: GatewayResponse) => boolean;

/** What Express's router keeps of a route. */
interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): unknown;
}

export interface HttpServerOptions {
  readonly headerTimeoutMs: number;
}

/** Express with a front door: the node:http server asks the taker first, and Express only when it declines. */
export class GatewayHttpAdapter extends ExpressAdapter {
  #take: RequestTaker = () => false;

  constructor(private readonly serverOptions: HttpServerOptions) {
    super();
    this.disable('x-powered-by');
    this.disable('etag');
  }

  takeFirst(take: RequestTaker): void {
    this.#take = take;
  }

  /** Methods for which a path has a route, sorted. */
  methodsOf(path: string): readonly string[] {
    const { router } = this.getInstance<{ router: { stack: readonly Layer[] } }>();
    const methods = router.stack.flatMap((layer) =>
      layer.route !== undefined && layer.match(path) !== false ? Object.keys(layer.route.methods) : [],
    );
    return [...new Set(methods)].map((method) => method.toUpperCase()).sort();
  }

  override initHttpServer(): void {
    const express = this.getInstance<RequestListener>();
    this.httpServer = createServer(
      {
        noDelay: true,
        headersTimeout: this.serverOptions.headerTimeoutMs,
        // How late a timeout may be noticed; Node's own default is half a minute.
        connectionsCheckingInterval: Math.min(1_000, this.serverOptions.headerTimeoutMs),
        // Longer than common load balancers keep idle connections, so that it is them who close first.
        keepAliveTimeout: 75_000,
        requestTimeout: 60_000,
      },
      (request, response) => {
        if (!this.#take(request as GatewayRequest, response)) express(request, response);
      },
    );
  }
}

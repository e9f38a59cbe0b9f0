import { createServer, type RequestListener } from 'node:http';

import { ExpressAdapter } from '@nestjs/platform-express';

import type { GatewayRequest } from './gateway-request.js';
import type { GatewayResponse } from './gateway-request.js';

/** Takes a request before Express; false hands it on. */
export type FrontDoor = (request: GatewayRequest, response: GatewayResponse) => boolean;

export interface HttpServerOptions {
  readonly headerTimeoutMs: number;
}

/** Express with a front door: the node:http server asks `frontDoor` first and Express only when it declines. */
export class GatewayHttpAdapter extends ExpressAdapter {
  #frontDoor: FrontDoor = () => false;

  constructor(private readonly options: HttpServerOptions) {
    super();
    this.disable('x-powered-by');
    this.disable('etag');
  }

  open(frontDoor: FrontDoor): void {
    this.#frontDoor = frontDoor;
  }

  override initHttpServer(): void {
    const express = this.getInstance() as RequestListener;
    this.httpServer = createServer(
      {
        noDelay: true,
        headersTimeout: this.options.headerTimeoutMs,
        // Longer than common load balancers keep idle connections, so that it is them who close first.
        keepAliveTimeout: 75_000,
        requestTimeout: 60_000,
      },
      (request, response) => {
        if (!this.#frontDoor(request as GatewayRequest, response)) express(request, response);
      },
    );
  }
}

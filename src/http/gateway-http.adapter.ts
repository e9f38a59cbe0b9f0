import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import { ExpressAdapter } from '@nestjs/platform-express';

import type { GatewayRequest, GatewayResponse } from './gateway-request.js';

/** Takes a request before Express; false hands it on. */
export type RequestTaker = (request: GatewayRequest, response: GatewayResponse) => boolean;

/** Answers on a connection on which something came that is no request. */
export type UnreadableTaker = (fault: NodeJS.ErrnoException, socket: Duplex) => void;

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
  #refuse: UnreadableTaker = (_, socket) => socket.destroy();
  /** The last response of each connection. */
  readonly #responses = new WeakMap<Duplex, ServerResponse>();

  constructor(private readonly serverOptions: HttpServerOptions) {
    super();
    this.disable('x-powered-by');
    this.disable('etag');
  }

  takeFirst(take: RequestTaker): void {
    this.#take = take;
  }

  onUnreadable(refuse: UnreadableTaker): void {
    this.#refuse = refuse;
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
        // Node wants it to be no shorter than the time for the headers.
        requestTimeout: Math.max(60_000, this.serverOptions.headerTimeoutMs),
      },
      (request, response) => {
        this.#responses.set(request.socket, response);
        if (!this.#take(request as GatewayRequest, response)) express(request, response);
      },
    ).on('clientError', (fault: NodeJS.ErrnoException, socket) => this.#unreadable(fault, socket));
  }

  /** Nothing may be written into an answer that is under way. */
  #unreadable(fault: NodeJS.ErrnoException, socket: Duplex): void {
    const response = this.#responses.get(socket);
    const isAnswering = response?.headersSent === true && !response.writableFinished;
    if (fault.code === 'ECONNRESET' || !socket.writable || isAnswering) socket.destroy();
    else this.#refuse(fault, socket);
  }
}

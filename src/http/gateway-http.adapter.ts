import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
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

/** On a connection: its last response. A table of them would be written to with every request. */
const lastResponse = Symbol('lastResponse');

interface Connection extends Duplex {
  [lastResponse]?: ServerResponse;
}

/** Express with a front door: the node:http server asks the taker first, and Express only when it declines. */
export class GatewayHttpAdapter extends ExpressAdapter {
  #take: RequestTaker = () => false;
  #refuse: UnreadableTaker = (_, socket) => socket.destroy();
  /** Connections that are refused once their last response is out. */
  readonly #faulty = new WeakSet<Duplex>();

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
    const listener: RequestListener = (request, response) => this.#inTurn(request, response);
    this.httpServer = createServer(
      {
        noDelay: true,
        // Node's own refusal is empty; the front door's says what is missing.
        requireHostHeader: false,
        headersTimeout: this.serverOptions.headerTimeoutMs,
        // How late a timeout may be noticed; Node's own default is half a minute.
        connectionsCheckingInterval: Math.min(1_000, this.serverOptions.headerTimeoutMs),
        // Longer than common load balancers keep idle connections, so that it is them who close first.
        keepAliveTimeout: 75_000,
        // Node wants it to be no shorter than the time for the headers.
        requestTimeout: Math.max(60_000, this.serverOptions.headerTimeoutMs),
      },
      listener,
    )
      // An expectation that is not known may be passed over (RFC 9110 section 10.1.1); Node's refusal is empty, too.
      .on('checkExpectation', listener)
      .on('clientError', (fault: NodeJS.ErrnoException, socket) => this.#unreadable(fault, socket));
  }

  /**
   * Requests that a client sends without waiting for answers are begun one after the other (RFC 9112 section 9.3.2): a
   * client that does not read would otherwise have answers to hundreds kept for it.
   */
  #inTurn(request: IncomingMessage, response: ServerResponse): void {
    const connection: Connection = request.socket;
    const before = connection[lastResponse];
    connection[lastResponse] = response;
    if (before === undefined || before.writableFinished) this.#enter(request, response);
    else
      before.once('close', () => {
        if (!request.destroyed) this.#enter(request, response);
      });
  }

  #enter(request: IncomingMessage, response: ServerResponse): void {
    if (this.#take(request as GatewayRequest, response)) return;
    this.getInstance<RequestListener>()(request, response);
  }

  /** Nothing may be written into an answer that is under way, nor before one that is still to come. */
  #unreadable(fault: NodeJS.ErrnoException, socket: Connection): void {
    const last = socket[lastResponse];
    const owed = last?.writableFinished === false ? last : undefined;
    if (fault.code === 'ECONNRESET' || !socket.writable || owed?.headersSent === true) socket.destroy();
    else if (owed?.req.complete === true) this.#refuseAfter(owed, fault, socket);
    // What could not be read belongs to this very request. Without a socket, another is to be answered before it.
    else if (owed?.socket === null) socket.destroy();
    else this.#refuse(fault, socket);
  }

  /** Node tells of a fault again with each packet that follows, and when the client ends. */
  #refuseAfter(owed: ServerResponse, fault: NodeJS.ErrnoException, socket: Duplex): void {
    if (this.#faulty.has(socket)) return;
    this.#faulty.add(socket);
    owed.once('finish', () => this.#refuse(fault, socket));
  }
}

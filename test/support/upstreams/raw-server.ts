import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer, type TlsOptions } from 'node:tls';

/** One request as it came, and the socket to do anything with. */
export interface RawExchange {
  readonly path: string;
  readonly headers: string;
  readonly body: string;
  /** Which connection, and which request on it, both from 1. */
  readonly connection: number;
  readonly turn: number;
  readonly socket: Socket;
}

/** What is done with a request; nothing is written by itself. */
export type RawScript = (exchange: RawExchange) => void;

export interface RawServerOptions {
  readonly tls?: TlsOptions;
  /** Instead of reading requests: what is done with each connection. */
  readonly onConnection?: (socket: Socket) => void;
}

/** An HTTP server that is only a TCP server: every byte of its answers is the test's. */
export class RawServer {
  readonly exchanges: RawExchange[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  readonly #server: Server;

  private constructor(
    private readonly script: RawScript,
    private readonly options: RawServerOptions,
  ) {
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#server = options.tls === undefined ? createServer(accept) : createSecureServer(options.tls, accept);
  }

  static async start(script: RawScript, options: RawServerOptions = {}): Promise<RawServer> {
    const server = new RawServer(script, options);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): URL {
    const { port } = this.#server.address() as AddressInfo;
    return new URL(`${this.options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/mcp`);
  }

  /** A socket that could not be reset any more tells nobody that it is closed. */
  get openSockets(): number {
    return [...this.sockets].filter(({ destroyed }) => !destroyed).length;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined);
    const connection = ++this.connections;
    if (this.options.onConnection !== undefined) {
      this.options.onConnection(socket);
      return;
    }
    let turn = 0;
    let received = '';
    socket.on('data', (bytes: Buffer) => {
      received += bytes.toString('latin1');
      for (let end = received.indexOf('\r\n\r\n'); end >= 0; end = received.indexOf('\r\n\r\n')) {
        const head = received.slice(0, end + 2);
        const bodyStart = end + 4;
        const length = Number(/^content-length: (\d+)\r$/im.exec(head)?.[1] ?? 0);
        if (received.length < bodyStart + length) return;
        const exchange = {
          path: head.split(' ')[1] ?? '',
          headers: head.slice(head.indexOf('\r\n') + 2),
          body: Buffer.from(received.slice(bodyStart, bodyStart + length), 'latin1').toString(),
          connection,
          turn: ++turn,
          socket,
        };
        received = received.slice(bodyStart + length);
        this.exchanges.push(exchange);
        this.script(exchange);
      }
    });
  }
}

/** A whole reply of a status and body, with more headers if need be. */
export function rawReply(body: string, headers = '', status = 200): string {
  return `HTTP/1.1 ${status} OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

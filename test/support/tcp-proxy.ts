import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A cable that a test can cut: everything goes through to the target until it is told otherwise. */
export class TcpProxy {
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;
  #frozen = false;

  constructor(private readonly target: { host: string; port: number }) {}

  get port(): number {
    return this.#port;
  }

  /** Begins to listen, at the same port as before. */
  async open(): Promise<void> {
    this.#frozen = false;
    const server = createServer((client) => this.#join(client));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  /** The server is gone: connections break, new ones are refused. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  /** The network swallows everything: connections stay open and nothing comes back. Until `cut`. */
  freeze(): void {
    this.#frozen = true;
    this.freezeOpen();
  }

  /** As after a failover: what is open goes silent, new connections work. */
  freezeOpen(): void {
    for (const socket of this.#sockets) socket.pause().unpipe();
  }

  #join(client: Socket): void {
    this.#keep(client);
    if (this.#frozen) return;
    const upstream = createConnection(this.target);
    this.#keep(upstream);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

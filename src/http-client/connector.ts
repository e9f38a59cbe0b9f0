import { connect as connectPlain, isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';

import { freeMemory } from './free-memory.js';
import type { AddressGate } from './address-gate.js';
import { HttpWireError } from './http-wire-error.js';

export interface ConnectorOptions {
  readonly url: URL;
  /** undefined: any address. */
  readonly gate: AddressGate | undefined;
  readonly timeoutMs: number;
}

/** Told once. `receive` takes what comes in and keeps nothing of it; false pauses until the socket is resumed. */
export interface Connecting {
  onConnected(socket: Socket): void;
  onFailed(error: Error): void;
  receive(bytes: Buffer): boolean;
}

/**
 * Sockets without TLS read into this, one after the other: what is read is used up before the next read begins. Node
 * would otherwise allocate 64 KiB for every packet and cut it down afterwards.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);
const probeMs = 60_000;

/** Opens sockets to one origin, and to no address that its gate does not let through. Returns how to give up. */
export class Connector {
  readonly #host: string;
  readonly #port: number;

  constructor(private readonly options: ConnectorOptions) {
    const { hostname, port, protocol } = options.url;
    this.#host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
    this.#port = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  }

  open(connecting: Connecting): () => void {
    const { gate, timeoutMs } = this.options;
    const refusal = gate?.refusalOf(this.#host) ?? null;
    if (refusal !== null) {
      queueMicrotask(() => connecting.onFailed(refusal));
      return nothing;
    }
    const socket = this.#connect(connecting);
    const fail = (error: Error): void => {
      settle();
      socket.destroy();
      connecting.onFailed(error);
    };
    const timer = setTimeout(
      () => fail(new HttpWireError('HTTP_CONNECT_TIMEOUT', 'Nobody accepted the connection in time')),
      timeoutMs,
    );
    const settle = (): void => {
      clearTimeout(timer);
      socket.off('error', fail);
      // Errors of a socket that was given up are nobody's.
      socket.on('error', nothing);
    };
    socket.once('error', fail);
    socket.once(this.#isSecure ? 'secureConnect' : 'connect', () => {
      settle();
      connecting.onConnected(socket);
    });
    return () => {
      settle();
      socket.destroy();
    };
  }

  get #isSecure(): boolean {
    return this.options.url.protocol === 'https:';
  }

  #connect(connecting: Connecting): Socket {
    const { gate } = this.options;
    const target = {
      host: this.#host,
      port: this.#port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: probeMs,
      ...(gate === undefined ? {} : { lookup: gate.lookup }),
    };
    if (!this.#isSecure) {
      const onread: OnReadOpts = {
        buffer: readBuffer,
        callback: (length) => connecting.receive(readBuffer.subarray(0, length)),
      };
      return connectPlain({ ...target, onread });
    }
    // An address is no name to ask a server for (RFC 6066); its certificate is checked against the host either way.
    const servername = isIP(this.#host) === 0 ? { servername: this.#host } : {};
    const socket = connectSecure({ ...target, ...servername, ALPNProtocols: ['http/1.1'] });
    socket.on('data', (bytes: Buffer) => {
      if (!connecting.receive(bytes)) socket.pause();
      freeMemory(bytes);
    });
    return socket;
  }
}

function nothing(): void {
  // Nobody is left to tell.
}

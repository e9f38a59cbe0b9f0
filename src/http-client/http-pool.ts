import { atEndOfTurn } from '../core/turn.js';
import type { AddressGate } from './address-gate.js';
import { Connector } from './connector.js';
import { fieldName, fieldValue, requestTarget } from './grammar.js';
import { HttpWireError } from './http-wire-error.js';
import type { ReplyHandler } from './reply-handler.js';
import { HttpSocket, type SocketOwner, type WireRequest } from './http-socket.js';

export interface PoolOptions {
  readonly url: URL;
  /** Left out: any address. */
  readonly gate?: AddressGate | undefined;
  readonly connectTimeoutMs: number;
  /** How long a socket without a request is kept when the peer does not say; left out: 4 s. */
  readonly keepAliveMs?: number;
}

/** Under the 5 s many servers use. */
const defaultKeepAliveMs = 4_000;
/** What a peer says is shortened by so much: its clock may have started earlier than ours. */
const marginMs = 1_000;
const maxKeepAliveMs = 60_000;
const sweepMs = 1_000;

/**
 * HTTP/1.1 to one origin over sockets that are kept alive between requests (ADR 0014). Their number is
 * not capped here: whoever sends has a cap on requests in flight, and a long stream must not block a call.
 */
export class HttpPool implements SocketOwner {
  readonly #connector: Connector;
  readonly #host: string;
  /** The one used last is taken first, so that those nobody needs grow old. */
  readonly #idle: HttpSocket[] = [];
  readonly #all = new Set<HttpSocket>();
  readonly #connecting = new Set<() => void>();
  /** Heads by the list they were made of, which callers keep. */
  readonly #heads = new WeakMap<readonly string[], string>();
  #sweeper: NodeJS.Timeout | null = null;
  #isDestroyed = false;
  readonly #keepAliveMs: number;

  constructor({ url, gate, connectTimeoutMs, keepAliveMs = defaultKeepAliveMs }: PoolOptions) {
    this.#connector = new Connector({ url, gate, timeoutMs: connectTimeoutMs });
    this.#keepAliveMs = keepAliveMs;
    this.#host = url.host;
  }

  /** @param headers name, value, name, value; the same list again is cheap */
  post(path: string, headers: readonly string[], body: string | Buffer, handler: ReplyHandler): void {
    this.#request('POST', path, headers, body, handler);
  }

  get(path: string, headers: readonly string[], handler: ReplyHandler): void {
    this.#request('GET', path, headers, '', handler);
  }

  delete(path: string, headers: readonly string[], handler: ReplyHandler): void {
    this.#request('DELETE', path, headers, '', handler);
  }

  /** Ends every socket at once; requests under way fail. */
  destroy(): void {
    this.#isDestroyed = true;
    this.#stopSweeping();
    for (const giveUp of [...this.#connecting]) giveUp();
    for (const socket of [...this.#all]) socket.destroy(closed());
    this.#idle.length = 0;
  }

  onFree(socket: HttpSocket): void {
    if (this.#isDestroyed) {
      socket.destroy(closed());
      return;
    }
    this.#idle.push(socket);
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs).unref();
  }

  onGone(socket: HttpSocket): void {
    this.#all.delete(socket);
    const index = this.#idle.indexOf(socket);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  #request(
    method: string,
    path: string,
    headers: readonly string[],
    body: string | Buffer,
    handler: ReplyHandler,
  ): void {
    const fields = this.#fields(headers);
    const problem = this.#isDestroyed
      ? closed()
      : fields === null || !requestTarget.test(path)
        ? unsendable()
        : null;
    if (problem !== null) {
      queueMicrotask(() => handler.onError(problem));
      return;
    }
    const length = method === 'POST' ? `content-length: ${Buffer.byteLength(body)}\r\n` : '';
    const head = `${method} ${path} HTTP/1.1\r\nhost: ${this.#host}\r\n${fields}${length}\r\n`;
    atEndOfTurn(() => this.#send({ head, body }, handler));
  }

  #send(request: WireRequest, handler: ReplyHandler): void {
    const socket = this.#takeIdle();
    if (socket !== undefined) socket.send(request, handler);
    else if (this.#isDestroyed) handler.onError(closed());
    else this.#open(request, handler);
  }

  #takeIdle(): HttpSocket | undefined {
    for (let socket = this.#idle.pop(); socket !== undefined; socket = this.#idle.pop()) {
      if (socket.isUsable && performance.now() < this.#goodUntil(socket)) return socket;
      socket.destroy(closed());
    }
    return undefined;
  }

  #open(request: WireRequest, handler: ReplyHandler): void {
    let socket: HttpSocket | null = null;
    const giveUp = this.#connector.open({
      onConnected: (connected) => {
        this.#connecting.delete(end);
        socket = new HttpSocket(connected, this);
        this.#all.add(socket);
        socket.send(request, handler);
      },
      onFailed: (error) => {
        this.#connecting.delete(end);
        handler.onError(error);
      },
      receive: (bytes) => socket?.receive(bytes) ?? true,
    });
    const end = (): void => {
      this.#connecting.delete(end);
      giveUp();
      handler.onError(closed());
    };
    this.#connecting.add(end);
  }

  /** null: HTTP does not carry one of them. */
  #fields(headers: readonly string[]): string | null {
    let fields = this.#heads.get(headers);
    if (fields === undefined) {
      fields = '';
      for (let index = 0; index + 1 < headers.length; index += 2) {
        const [name = '', value = ''] = headers.slice(index, index + 2);
        if (!fieldName.test(name) || !fieldValue.test(value)) return null;
        fields += `${name}: ${value}\r\n`;
      }
      this.#heads.set(headers, fields);
    }
    return fields;
  }

  #sweep(): void {
    const now = performance.now();
    for (const socket of this.#idle.filter((it) => now >= this.#goodUntil(it))) socket.destroy(closed());
    if (this.#idle.length === 0) this.#stopSweeping();
  }

  #goodUntil({ idleSince, keepAliveMs: said }: HttpSocket): number {
    return idleSince + (said === null ? this.#keepAliveMs : Math.min(said - marginMs, maxKeepAliveMs));
  }

  #stopSweeping(): void {
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    this.#sweeper = null;
  }
}

const closed = (): HttpWireError => new HttpWireError('HTTP_CLOSED', 'The connection was closed by us');

const unsendable = (): HttpWireError =>
  new HttpWireError('HTTP_UNSENDABLE', 'The path or a header has characters that HTTP does not carry');

import type { UpstreamReach } from '../../../../core/upstream.js';
import { Connector } from './connector.js';
import { fieldName, fieldValue, requestTarget } from './grammar.js';
import { HttpWireError } from './http-wire-error.js';
import type { ReplyHandler } from './reply-handler.js';
import { UpstreamSocket, type SocketOwner, type WireRequest } from './upstream-socket.js';

export interface PoolOptions {
  readonly url: URL;
  readonly reach?: UpstreamReach | undefined;
  readonly connectTimeoutMs: number;
}

/** How long a socket without a request is kept when the upstream does not say. Under the 5 s many servers use. */
const keepAliveMs = 4_000;
/** What a peer says is shortened by so much: its clock may have started earlier than ours. */
const marginMs = 1_000;
const maxKeepAliveMs = 60_000;
const sweepMs = 1_000;

/**
 * HTTP/1.1 to the origin of one upstream over sockets that are kept alive between requests (ADR 0014). Their number is
 * not capped here: the connection's own cap on requests in flight does that, and a long stream must not block a call.
 */
export class UpstreamPool implements SocketOwner {
  readonly #connector: Connector;
  readonly #host: string;
  /** The one used last is taken first, so that those nobody needs grow old. */
  readonly #idle: UpstreamSocket[] = [];
  readonly #all = new Set<UpstreamSocket>();
  readonly #connecting = new Set<() => void>();
  /** Heads by the list they were made of, which callers keep. */
  readonly #heads = new WeakMap<readonly string[], string>();
  #sweeper: NodeJS.Timeout | null = null;
  #isDestroyed = false;

  constructor({ url, reach, connectTimeoutMs }: PoolOptions) {
    this.#connector = new Connector({ url, reach, timeoutMs: connectTimeoutMs });
    this.#host = url.host;
  }

  /** @param headers name, value, name, value; the same list again is cheap */
  post(path: string, headers: readonly string[], body: string, handler: ReplyHandler): void {
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

  onFree(socket: UpstreamSocket): void {
    if (this.#isDestroyed) {
      socket.destroy(closed());
      return;
    }
    this.#idle.push(socket);
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs).unref();
  }

  onGone(socket: UpstreamSocket): void {
    this.#all.delete(socket);
    const index = this.#idle.indexOf(socket);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  #request(
    method: string,
    path: string,
    headers: readonly string[],
    body: string,
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
    const socket = this.#takeIdle();
    if (socket === undefined) this.#open({ head, body }, handler);
    else socket.send({ head, body }, handler);
  }

  #takeIdle(): UpstreamSocket | undefined {
    for (let socket = this.#idle.pop(); socket !== undefined; socket = this.#idle.pop()) {
      if (socket.isUsable && performance.now() < goodUntil(socket)) return socket;
      socket.destroy(closed());
    }
    return undefined;
  }

  #open(request: WireRequest, handler: ReplyHandler): void {
    let socket: UpstreamSocket | null = null;
    const giveUp = this.#connector.open({
      onConnected: (connected) => {
        this.#connecting.delete(end);
        socket = new UpstreamSocket(connected, this);
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
    for (const socket of this.#idle.filter((it) => now >= goodUntil(it))) socket.destroy(closed());
    if (this.#idle.length === 0) this.#stopSweeping();
  }

  #stopSweeping(): void {
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    this.#sweeper = null;
  }
}

function goodUntil({ idleSince, keepAliveMs: said }: UpstreamSocket): number {
  return idleSince + (said === null ? keepAliveMs : Math.min(said - marginMs, maxKeepAliveMs));
}

const closed = (): HttpWireError => new HttpWireError('HTTP_CLOSED', 'The connection was closed by us');

const unsendable = (): HttpWireError =>
  new HttpWireError('HTTP_UNSENDABLE', 'The path or a header has characters that HTTP does not carry');

import type { Socket } from 'node:net';

import { HttpWireError } from './http-wire-error.js';
import type { ReplyHandler } from './reply-handler.js';
import type { ReplyHead } from './reply-head.js';
import { ReplyParser, type ReplySink } from './reply-parser.js';

/** Below this, a head and the bytes of a body are written as one string: one write is cheaper than two. */
const joinBelowBytes = 32 * 1024;

/** A request, ready to be written. */
export interface WireRequest {
  /** Request line and headers, with the empty line; each character is a byte. */
  readonly head: string;
  readonly body: string | Buffer;
}

export interface SocketOwner {
  /** The reply is read to its end, and the socket can carry another request. */
  onFree(socket: HttpSocket): void;
  /** The socket is closed, or about to be. Told once. */
  onGone(socket: HttpSocket): void;
}

/** One connected socket: a request at a time. */
export class HttpSocket implements ReplySink {
  readonly #parser = new ReplyParser(this);
  #handler: ReplyHandler | null = null;
  #isPersistent = true;
  #wasWritten = false;
  #isPaused = false;
  #isGone = false;
  /** When it became idle, on the clock of `performance.now()`. */
  idleSince = 0;
  /** How long the peer keeps it while it is idle, as it said last. */
  keepAliveMs: number | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly owner: SocketOwner,
  ) {
    socket.on('end', () => this.#onEndOfInput());
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new HttpWireError('HTTP_CLOSED', 'The connection was closed')));
  }

  get isUsable(): boolean {
    return !this.#isGone && this.socket.writable;
  }

  send(request: WireRequest, handler: ReplyHandler): void {
    this.#handler = handler;
    this.#wasWritten = false;
    // Who lets go too late must not end the request that has the socket by then.
    handler.onConnect(() => {
      if (this.#handler === handler) this.#abort();
    });
    if (!this.#isTaken()) {
      // Let go of before anything was sent: the socket is as good as before.
      this.#release();
      return;
    }
    this.#parser.expect();
    this.#wasWritten = true;
    this.#write(request);
  }

  /** What the socket received. false: no more until the handler resumes. */
  receive(bytes: Buffer): boolean {
    if (this.#isGone) return true;
    const wasTaken = this.#isTaken();
    try {
      this.#parser.push(bytes);
    } catch (error) {
      this.#fail(error as Error);
      return true;
    }
    if (wasTaken && !this.#isTaken() && this.isUsable) this.#release();
    return !this.#isPaused;
  }

  /** Ends the socket; a request that waits fails with `error`. */
  destroy(error: Error): void {
    this.#fail(error);
  }

  onHead(head: ReplyHead): void {
    this.#isPersistent = head.isPersistent;
    this.keepAliveMs = head.keepAliveMs ?? this.keepAliveMs;
    this.#handler?.onHeaders(head, this.#resume);
  }

  onBody(bytes: Buffer): void {
    if (this.#handler?.onData(bytes) === false) this.#isPaused = true;
  }

  onEnd(): void {
    const handler = this.#handler;
    this.#handler = null;
    // What was read already is told to its end; nothing more comes that would have to wait.
    this.#resume();
    if (handler?.onComplete() === false) this.#isPersistent = false;
  }

  /** A request is under way. */
  #isTaken(): boolean {
    return this.#handler !== null;
  }

  readonly #resume = (): void => {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.socket.resume();
  };

  #abort(): void {
    this.#handler = null;
    if (this.#wasWritten) this.#fail(new HttpWireError('HTTP_CLOSED', 'Nobody waits for the reply'));
  }

  /** One write. The head is Latin-1, the body UTF-8. */
  #write({ head, body }: WireRequest): void {
    if (typeof body !== 'string') this.#writeBytes(head, body);
    else if (isAscii(body)) this.socket.write(head + body, 'latin1');
    else if (isAscii(head)) this.socket.write(head + body, 'utf8');
    else this.socket.write(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]));
  }

  #writeBytes(head: string, body: Buffer): void {
    // A character for each byte, so that the bytes stay what they are.
    if (body.length <= joinBelowBytes) this.socket.write(head + body.toString('latin1'), 'latin1');
    else {
      this.socket.cork();
      this.socket.write(head, 'latin1');
      this.socket.write(body);
      this.socket.uncork();
    }
  }

  #release(): void {
    // A peer that answers before it has read the whole request may not read the rest.
    if (this.#isPersistent && this.socket.writableLength === 0) {
      this.idleSince = performance.now();
      this.owner.onFree(this);
    } else this.#fail(new HttpWireError('HTTP_CLOSED', 'The connection carries no more requests'));
  }

  #onEndOfInput(): void {
    try {
      this.#parser.end();
      this.#fail(new HttpWireError('HTTP_CLOSED', 'The connection was closed'));
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#parser.stop();
    this.socket.destroy();
    this.owner.onGone(this);
    const handler = this.#handler;
    this.#handler = null;
    handler?.onError(error);
  }
}

const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;

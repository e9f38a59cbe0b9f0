import { GatewayError } from '../../core/errors.js';
import type { ReplyHandler } from '../../http-client/reply-handler.js';
import type { ReplyHead } from '../../http-client/reply-head.js';
import type { Cancellation } from '../cancellation.js';
import type { ProviderBody } from './provider.js';

/** Received but not yet read bytes above which the provider's connection is paused. */
const highWaterBytes = 256 * 1024;

type Chunk = IteratorResult<Buffer, undefined>;

/** Somebody who waits for the next chunk, or for all of them. */
interface Reader {
  resolve(chunk: Chunk): void;
  reject(error: GatewayError): void;
}

const theEnd: Chunk = { done: true, value: undefined };

/**
 * One request on its way to a provider and back: the head as a promise, the body as it comes, paused while nobody
 * reads. Ends at once when it is cancelled.
 */
export class HttpExchange implements ReplyHandler, ProviderBody, AsyncIterableIterator<Buffer, undefined> {
  readonly head: Promise<ReplyHead>;
  #onHead: (head: ReplyHead) => void = nothing;
  #onHeadError: (error: GatewayError) => void = nothing;
  #letGo: () => void = nothing;
  #resumeReply: () => void = nothing;
  #isPaused = false;
  #chunks: Buffer[] = [];
  #queuedBytes = 0;
  /** Set when the body is wanted whole: it is gathered instead of handed out, up to so many bytes. */
  #maxBytes: number | null = null;
  #reader: Reader | undefined;
  #state: 'open' | 'ended' | 'failed' = 'open';
  #failure: GatewayError | undefined;

  constructor(private readonly cancellation: Cancellation) {
    this.head = new Promise((resolve, reject) => {
      this.#onHead = resolve;
      this.#onHeadError = reject;
    });
    cancellation.listen(this.#fail);
  }

  onConnect(abort: () => void): void {
    if (this.#state === 'open') this.#letGo = abort;
    else abort();
  }

  onHeaders(head: ReplyHead, resume: () => void): void {
    this.#resumeReply = resume;
    this.#onHead(head);
  }

  onData(bytes: Buffer): boolean {
    const chunk = Buffer.from(bytes);
    if (this.#maxBytes === null && this.#reader !== undefined) {
      this.#settle({ done: false, value: chunk });
      return true;
    }
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#maxBytes === null) this.#isPaused = this.#queuedBytes > highWaterBytes;
    else if (this.#queuedBytes > this.#maxBytes) this.#fail(tooLarge());
    return !this.#isPaused;
  }

  onComplete(): boolean {
    if (this.#state !== 'open') return true;
    this.#state = 'ended';
    this.#release();
    this.#settle(theEnd);
    return true;
  }

  onError(cause: Error): void {
    this.#fail(new GatewayError('UPSTREAM_UNAVAILABLE', { message: connectionLost }, { cause }));
  }

  next(): Promise<Chunk> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#queuedBytes -= chunk.length;
      if (this.#queuedBytes <= highWaterBytes / 2) this.#resume();
      return Promise.resolve({ done: false, value: chunk });
    }
    return this.#wait();
  }

  async whole(maxBytes: number): Promise<Buffer> {
    this.#maxBytes = maxBytes;
    if (this.#queuedBytes > maxBytes) this.#fail(tooLarge());
    this.#resume();
    await this.#wait();
    const [only] = this.#chunks;
    return this.#chunks.length === 1 && only !== undefined
      ? only
      : Buffer.concat(this.#chunks, this.#queuedBytes);
  }

  return(): Promise<Chunk> {
    this.abort();
    return Promise.resolve(theEnd);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Closes the connection unless the answer is complete. */
  abort(): void {
    this.#fail(new GatewayError('CANCELLED'));
  }

  /** Until there is a chunk, or the end. */
  #wait(): Promise<Chunk> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#state === 'ended') return Promise.resolve(theEnd);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  #settle(chunk: Chunk): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.resolve(chunk);
  }

  readonly #fail = (error: GatewayError): void => {
    if (this.#state !== 'open') return;
    this.#state = 'failed';
    this.#failure = error;
    this.#release();
    this.#onHeadError(error);
    // Whoever only waits for the body must not leave the head's rejection unhandled.
    this.head.catch(nothing);
    this.#reader?.reject(error);
    this.#reader = undefined;
    this.#letGo();
  };

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#resumeReply();
  }

  #release(): void {
    this.cancellation.unlisten(this.#fail);
  }
}

const connectionLost = 'The connection to the provider of this model failed.';

function nothing(): void {
  // Nobody is waiting, or nothing is there yet.
}

function tooLarge(): GatewayError {
  return new GatewayError('UPSTREAM_RESPONSE_TOO_LARGE', {
    message: 'The answer of the provider of this model is over the size limit.',
  });
}

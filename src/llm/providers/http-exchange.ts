import type { IncomingHttpHeaders } from 'node:http';

import type { Dispatcher } from 'undici';

import { GatewayError } from '../../core/errors.js';
import type { Cancellation } from '../cancellation.js';

/** Received but not yet read bytes above which the provider's connection is paused. */
const highWaterBytes = 256 * 1024;

export interface ResponseHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

interface Reader {
  resolve(result: IteratorResult<Buffer, undefined>): void;
  reject(error: GatewayError): void;
}

/**
 * One request on its way to a provider and back: the head as a promise, the body as it comes, paused while nobody
 * reads. Ends at once when it is cancelled.
 */
export class HttpExchange implements Dispatcher.DispatchHandler, AsyncIterableIterator<Buffer, undefined> {
  readonly head: Promise<ResponseHead>;
  #onHead: (head: ResponseHead) => void = () => undefined;
  #onHeadError: (error: GatewayError) => void = () => undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #chunks: Buffer[] = [];
  #queuedBytes = 0;
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

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#state !== 'open') controller.abort(new GatewayError('CANCELLED'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status >= 200) this.#onHead({ status, headers });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#reader !== undefined) {
      const reader = this.#reader;
      this.#reader = undefined;
      reader.resolve({ done: false, value: chunk });
      return;
    }
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes > highWaterBytes) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#release();
    this.#reader?.resolve({ done: true, value: undefined });
    this.#reader = undefined;
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, cause: Error): void {
    this.#fail(new GatewayError('UPSTREAM_UNAVAILABLE', { message: connectionLost }, { cause }));
  }

  next(): Promise<IteratorResult<Buffer, undefined>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#queuedBytes -= chunk.length;
      if (this.#controller?.paused === true && this.#queuedBytes <= highWaterBytes / 2)
        this.#controller.resume();
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#state === 'ended') return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Buffer, undefined>> {
    this.abort();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Closes the connection unless the answer is complete. */
  abort(): void {
    this.#fail(new GatewayError('CANCELLED'));
  }

  readonly #fail = (error: GatewayError): void => {
    if (this.#state !== 'open') return;
    this.#state = 'failed';
    this.#failure = error;
    this.#release();
    this.#onHeadError(error);
    // Whoever only waits for the body must not leave the head's rejection unhandled.
    this.head.catch(() => undefined);
    this.#reader?.reject(error);
    this.#reader = undefined;
    this.#controller?.abort(error);
  };

  #release(): void {
    this.cancellation.unlisten(this.#fail);
  }
}

const connectionLost = 'The connection to the provider of this model failed.';

import type { ReplyHandler } from '../../../src/http-client/reply-handler.js';
import type { ReplyHead } from '../../../src/http-client/reply-head.js';
import type { HttpPool } from '../../../src/http-client/http-pool.js';

export interface PoolReply {
  readonly status: number;
  readonly body: string;
}

/** One request on a pool: its reply, and the reins of it. */
export class PoolRequest implements ReplyHandler {
  readonly reply: Promise<PoolReply>;
  readonly body: Buffer[] = [];
  /** Answers `onData`. */
  takesMore = true;
  /** Answers `onComplete`. */
  isRight: (body: string) => boolean = () => true;
  #status = 0;
  #abort: (() => void) | null = null;
  #resume: () => void = () => undefined;
  #isAbandoned = false;
  #ends = 0;
  readonly #resolve: (reply: PoolReply) => void;
  readonly #reject: (error: Error) => void;

  constructor() {
    const { promise, resolve, reject } = withResolvers<PoolReply>();
    this.reply = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    // Whoever wants to know the error waits for the reply.
    promise.catch(() => undefined);
  }

  static post(pool: HttpPool, body: string, headers: readonly string[] = [], path = '/mcp'): PoolRequest {
    const request = new PoolRequest();
    pool.post(path, headers, body, request);
    return request;
  }

  /** How often it was told that it is over: 1 in the end, or 0 when it was abandoned. */
  get ends(): number {
    return this.#ends;
  }

  get bytesReceived(): number {
    return this.body.reduce((sum, { length }) => sum + length, 0);
  }

  abandon(): void {
    this.#isAbandoned = true;
    this.#abort?.();
  }

  resume(): void {
    this.takesMore = true;
    this.#resume();
  }

  onConnect(abort: () => void): void {
    this.#abort = abort;
    if (this.#isAbandoned) abort();
  }

  onHeaders({ status }: ReplyHead, resume: () => void): void {
    this.#status = status;
    this.#resume = resume;
  }

  onData(bytes: Buffer): boolean {
    this.body.push(Buffer.from(bytes));
    return this.takesMore;
  }

  onComplete(): boolean {
    this.#ends++;
    const body = Buffer.concat(this.body).toString();
    this.#resolve({ status: this.#status, body });
    return this.isRight(body);
  }

  onError(error: Error): void {
    this.#ends++;
    this.#reject(error);
  }
}

interface Resolvers<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
}

function withResolvers<T>(): Resolvers<T> {
  const resolvers: Partial<Resolvers<T>> = {};
  resolvers.promise = new Promise<T>((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
  return resolvers as Resolvers<T>;
}

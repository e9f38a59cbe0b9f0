import { GatewayError } from '../../core/errors.js';

/** The time that all rounds and tools of one loop may take together. */
export class LoopClock {
  readonly #time = new AbortController();
  readonly #timer: NodeJS.Timeout;
  /** Aborted when the time is over or the client is gone. */
  readonly signal: AbortSignal;
  readonly message: string;

  constructor(
    maxMs: number,
    private readonly client: AbortSignal,
  ) {
    this.message = `The gateway stopped the tool loop after ${maxMs} ms.`;
    this.signal = AbortSignal.any([client, this.#time.signal]);
    this.#timer = setTimeout(() => {
      this.#time.abort(new GatewayError('UPSTREAM_TIMEOUT', { message: this.message }));
    }, maxMs);
  }

  /** True when it was the time that ended the loop and not the client. */
  get isOver(): boolean {
    return this.#time.signal.aborted && !this.client.aborted;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

import { GatewayError } from '../../core/errors.js';
import { Cancellation } from '../cancellation.js';

/** The time that all rounds and tools of one loop may take together. */
export class LoopClock {
  /** Cancelled when the time is over or the client is gone. */
  readonly cancellation = new Cancellation();
  readonly message: string;
  readonly #timer: NodeJS.Timeout;
  #isOver = false;

  constructor(
    maxMs: number,
    private readonly client: Cancellation,
  ) {
    this.message = `The gateway stopped the tool loop after ${maxMs} ms.`;
    this.#timer = setTimeout(() => {
      this.#isOver = !client.isCancelled;
      this.cancellation.cancel(new GatewayError('UPSTREAM_TIMEOUT', { message: this.message }));
    }, maxMs);
    client.listen(this.#onClientGone);
  }

  /** True when it was the time that ended the loop and not the client. */
  get isOver(): boolean {
    return this.#isOver;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.client.unlisten(this.#onClientGone);
  }

  readonly #onClientGone = (reason: GatewayError): void => this.cancellation.cancel(reason);
}

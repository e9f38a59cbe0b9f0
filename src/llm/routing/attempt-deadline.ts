import { GatewayError } from '../../core/errors.js';
import { Cancellation } from '../cancellation.js';

/** The time one try may take: to its first byte, then between any two. Also ends when the client is gone. */
export class AttemptDeadline {
  readonly cancellation = new Cancellation();
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly timeoutMs: number,
    private readonly client: Cancellation,
  ) {
    this.#timer = setTimeout(this.#onTimeout, timeoutMs);
    client.listen(this.#onClientGone);
  }

  /** Something came: the time starts anew. */
  touch(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.client.unlisten(this.#onClientGone);
  }

  readonly #onTimeout = (): void => {
    const message = `The provider of this model did not answer within ${this.timeoutMs} ms.`;
    this.cancellation.cancel(new GatewayError('UPSTREAM_TIMEOUT', { message }));
  };

  readonly #onClientGone = (reason: GatewayError): void => this.cancellation.cancel(reason);
}

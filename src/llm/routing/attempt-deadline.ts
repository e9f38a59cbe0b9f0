import { GatewayError } from '../../core/errors.js';

/** The time one try may take: to its first byte, then between any two. Also ends when the client's signal does. */
export class AttemptDeadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(
    timeoutMs: number,
    private readonly client: AbortSignal,
  ) {
    this.#timer = setTimeout(() => {
      this.#controller.abort(
        new GatewayError('UPSTREAM_TIMEOUT', {
          message: `The provider of this model did not answer within ${timeoutMs} ms.`,
        }),
      );
    }, timeoutMs);
    if (client.aborted) this.#onClientGone();
    else client.addEventListener('abort', this.#onClientGone, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something came: the time starts anew. */
  touch(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.client.removeEventListener('abort', this.#onClientGone);
  }

  readonly #onClientGone = (): void => {
    this.#controller.abort(
      this.client.reason instanceof GatewayError ? this.client.reason : new GatewayError('CANCELLED'),
    );
  };
}

import type { GatewayError } from '../core/errors.js';

type Listener = (reason: GatewayError) => void;

/**
 * Whether an answer is still wanted. What an AbortController says, for a tenth of its cost on a path that needs two of
 * them a call; `signal` is there for who takes nothing else.
 */
export class Cancellation {
  #reason: GatewayError | null = null;
  #listeners: Listener[] = [];
  #controller: AbortController | null = null;

  /** Why it is not wanted any more; null while it is. */
  get reason(): GatewayError | null {
    return this.#reason;
  }

  get isCancelled(): boolean {
    return this.#reason !== null;
  }

  /** Only the first call counts. */
  cancel(reason: GatewayError): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(reason);
    this.#controller?.abort(reason);
  }

  /** Calls `listener` once when it is cancelled, at once when it is already. */
  listen(listener: Listener): void {
    if (this.#reason === null) this.#listeners.push(listener);
    else listener(this.#reason);
  }

  unlisten(listener: Listener): void {
    const index = this.#listeners.indexOf(listener);
    if (index >= 0) this.#listeners.splice(index, 1);
  }

  throwIfCancelled(): void {
    if (this.#reason !== null) throw this.#reason;
  }

  /** The same as an AbortSignal; its reason is a GatewayError. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason !== null) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }
}

import { Injectable } from '@nestjs/common';

/** Something under way for a key that can be called off. */
export interface Cancellable {
  cancel(reason: string): void;
}

/** Every call under way, by key: so that a key which ends takes its calls with it, and a stop can wait for them. */
@Injectable()
export class InFlightCalls {
  readonly #byKey = new Map<string, Set<Cancellable>>();
  readonly #idle: (() => void)[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(keyId: string, call: Cancellable): void {
    let calls = this.#byKey.get(keyId);
    if (calls === undefined) this.#byKey.set(keyId, (calls = new Set()));
    calls.add(call);
    this.#count++;
  }

  remove(keyId: string, call: Cancellable): void {
    const calls = this.#byKey.get(keyId);
    if (calls?.delete(call) !== true) return;
    if (calls.size === 0) this.#byKey.delete(keyId);
    this.#count--;
    if (this.#count === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  cancelOf(keyId: string, reason: string): void {
    for (const call of this.#byKey.get(keyId) ?? []) call.cancel(reason);
  }

  cancelAll(reason: string): void {
    for (const keyId of this.#byKey.keys()) this.cancelOf(keyId, reason);
  }

  /** Resolves once nothing is under way, at the latest after `timeoutMs`. */
  async drained(timeoutMs: number): Promise<void> {
    if (this.#count === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      new Promise<void>((resolve) => this.#idle.push(resolve)),
      new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs))),
    ]);
    clearTimeout(timer);
  }
}

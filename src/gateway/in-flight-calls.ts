import { Injectable } from '@nestjs/common';

import type { GatewayError } from '../core/errors.js';
import type { AccessTarget } from '../core/permission.js';
import type { Principal } from '../core/principal.js';

/** Something under way for a key, waiting in a queue or running. */
export interface InFlightCall {
  /** Whose it is, as last known. */
  principal: Principal;
  /** What it uses; null where no object permission decides. */
  readonly target: AccessTarget | null;
  cancel(reason: string): void;
  /** Ends it with this error: its key may not have it any more. */
  revoke(error: GatewayError): void;
}

/** Every call under way, by key: so that a key which ends takes its calls with it, and a stop can wait for them. */
@Injectable()
export class InFlightCalls {
  readonly #byKey = new Map<string, Set<InFlightCall>>();
  readonly #idle: (() => void)[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(call: InFlightCall): void {
    const { keyId } = call.principal;
    let calls = this.#byKey.get(keyId);
    if (calls === undefined) this.#byKey.set(keyId, (calls = new Set()));
    calls.add(call);
    this.#count++;
  }

  remove(call: InFlightCall): void {
    const { keyId } = call.principal;
    const calls = this.#byKey.get(keyId);
    if (calls?.delete(call) !== true) return;
    if (calls.size === 0) this.#byKey.delete(keyId);
    this.#count--;
    if (this.#count === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** A copy: calls may end while it is walked. */
  of(keyId: string): readonly InFlightCall[] {
    return [...(this.#byKey.get(keyId) ?? [])];
  }

  /** A copy: calls may end while it is walked. */
  all(): readonly InFlightCall[] {
    return [...this.#byKey.values()].flatMap((calls) => [...calls]);
  }

  cancelAll(reason: string): void {
    for (const call of this.all()) call.cancel(reason);
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

import { Injectable } from '@nestjs/common';

import type { GatewayError } from '../core/errors.js';
import type { AccessTarget } from '../core/permission.js';
import type { Principal } from '../core/principal.js';
import { Roster, type RosterMember } from '../core/roster.js';

/** Something under way for a key, waiting in a queue or running. */
export interface InFlightCall extends RosterMember {
  /** Whose it is, as last known. */
  principal: Principal;
  /** What it uses; null where no object permission decides. */
  readonly target: AccessTarget | null;
  cancel(reason: string): void;
  /** Ends it with this error: its key may not have it any more. */
  revoke(error: GatewayError): void;
}

/** Every call under way: so that a key which ends takes its calls with it, and a stop can wait for them. */
@Injectable()
export class InFlightCalls {
  readonly #calls = new Roster<InFlightCall>();
  readonly #idle: (() => void)[] = [];

  get count(): number {
    return this.#calls.size;
  }

  add(call: InFlightCall): void {
    this.#calls.add(call);
  }

  remove(call: InFlightCall): void {
    if (!this.#calls.delete(call)) return;
    if (this.#calls.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** A copy: calls may end while it is walked. */
  of(keyId: string): readonly InFlightCall[] {
    return this.#calls.all().filter(({ principal }) => principal.keyId === keyId);
  }

  /** A copy: calls may end while it is walked. */
  all(): readonly InFlightCall[] {
    return this.#calls.all();
  }

  cancelAll(reason: string): void {
    for (const call of this.all()) call.cancel(reason);
  }

  /** Resolves once nothing is under way, at the latest after `timeoutMs`. */
  async drained(timeoutMs: number): Promise<void> {
    if (this.#calls.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      new Promise<void>((resolve) => this.#idle.push(resolve)),
      new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs))),
    ]);
    clearTimeout(timer);
  }
}

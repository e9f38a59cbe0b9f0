import type { UpstreamState } from '../core/upstream.js';
import type { UpstreamStatus } from './upstream.js';
import type { TransportFault } from './transports/transport-fault.js';

/** Where an upstream stands, since when, and what went wrong last. */
export class Health {
  #state: UpstreamState = 'connecting';
  #since = new Date();
  #lastFailure: UpstreamStatus['lastFailure'] = null;

  /** @param onChange told of every change of state, for the log */
  constructor(private readonly onChange: (state: UpstreamState, reason: string | null) => void) {}

  get state(): UpstreamState {
    return this.#state;
  }

  get since(): Date {
    return this.#since;
  }

  get lastFailure(): UpstreamStatus['lastFailure'] {
    return this.#lastFailure;
  }

  become(state: UpstreamState, reason: string | null = null): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#since = new Date();
    this.onChange(state, reason);
  }

  /** Notes a failure without judging what it means. */
  note(stage: string, message: string): void {
    this.#lastFailure = { stage, message, at: new Date() };
  }

  /** There is no connection. */
  failed(fault: TransportFault): void {
    this.note(fault.stage, fault.message);
    const isRejected = fault.code === 'UPSTREAM_REJECTED_CREDENTIALS';
    this.become(isRejected ? 'rejected_credentials' : 'down', `${fault.message} (${fault.stage})`);
  }
}

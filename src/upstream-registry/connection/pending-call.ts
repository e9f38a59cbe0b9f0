import { GatewayError } from '../../core/errors.js';
import type { RpcOutcome } from '../../core/rpc.js';
import type { UpstreamCall, UpstreamRequest } from '../upstream.js';

/** Who carries a call: it is told when nobody waits any more. */
export interface CallCarrier {
  withdraw(call: PendingCall, reason: string): void;
}

/** Told once each, when a call is over. `error` is null when the upstream answered. */
export interface CallOwner {
  onCallEnd(call: PendingCall, error: GatewayError | null): void;
}

/**
 * A request from the moment it is asked for until it is settled, wherever it waits: in the queue, for a connection, or
 * for its answer. Its id is also its progress token.
 */
export class PendingCall implements UpstreamCall {
  readonly outcome: Promise<RpcOutcome>;
  /** It counts as in flight; false while it waits in the queue. */
  isAdmitted = false;
  /** The connection that sent it; null while it waits. */
  carrier: CallCarrier | null = null;
  /** It was sent again on a new connection after the upstream had forgotten the old one. */
  wasResent = false;
  /** It ends here unless progress comes; on the clock of `performance.now()`. */
  #idleAt: number;
  #isSettled = false;
  /** What goes on in its place. */
  #next: UpstreamCall | null = null;
  #resolve!: (outcome: RpcOutcome) => void;
  #reject!: (error: GatewayError) => void;

  /**
   * @param deadlineAt on the clock of `performance.now()`
   * @param idleMs longest time without progress
   */
  constructor(
    readonly id: number,
    readonly request: UpstreamRequest,
    readonly startedAt: number,
    public deadlineAt: number,
    private readonly idleMs: number,
    private readonly table: CallOwner,
    private readonly owner: CallOwner,
  ) {
    this.#idleAt = startedAt + idleMs;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Time is up: for the whole of it, or without any progress. */
  isOverdue(now: number): boolean {
    return now >= this.deadlineAt || now >= this.#idleAt;
  }

  onProgress(): void {
    this.#idleAt = performance.now() + this.idleMs;
  }

  cancel(reason: string): void {
    if (this.#next !== null) this.#next.cancel(reason);
    else this.#giveUp(new GatewayError('CANCELLED'), reason);
  }

  /** Its time is up. */
  expire(upstream: string): void {
    this.#giveUp(new GatewayError('UPSTREAM_TIMEOUT', { upstream }), 'Timed out');
  }

  succeed(outcome: RpcOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#end(null);
    this.#resolve(outcome);
  }

  /** The upstream did answer, but wants something first: what becomes of that is the outcome. */
  continueAs(next: UpstreamCall): void {
    if (this.#isSettled) {
      next.outcome.catch(() => undefined);
      next.cancel('Not waited for any more');
      return;
    }
    this.#isSettled = true;
    this.#next = next;
    this.#end(null);
    next.outcome.then(this.#resolve, this.#reject);
  }

  fail(error: GatewayError): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#end(error);
    this.#reject(error);
  }

  #end(error: GatewayError | null): void {
    this.table.onCallEnd(this, error);
    this.owner.onCallEnd(this, error);
  }

  #giveUp(error: GatewayError, reason: string): void {
    if (this.#isSettled) return;
    this.fail(error);
    this.carrier?.withdraw(this, reason);
  }
}

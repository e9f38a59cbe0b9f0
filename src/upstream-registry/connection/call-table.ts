import { IdMap } from '../../core/id-map.js';
import type { UpstreamRequest } from '../upstream.js';
import { PendingCall, type CallOwner } from './pending-call.js';

/** Deadlines are looked at this often: cheaper than a timer for each call, and late by no more. */
const sweepMs = 50;

export interface CallTimes {
  /** Total time of a call. */
  readonly timeoutMs: number;
  /** Time without progress; null or left out: as long as the call. */
  readonly idleTimeoutMs?: number | null;
}

/**
 * The one table of a link: id to call, for answers, progress, cancellation and deadlines alike. Ids are never used
 * twice, not even across connections, so that a late answer cannot meet another call.
 */
export class CallTable implements CallOwner {
  readonly #calls = new IdMap<PendingCall>();
  #lastId = 0;
  #sweeper: NodeJS.Timeout | null = null;

  constructor(private readonly upstream: string) {}

  get size(): number {
    return this.#calls.size;
  }

  open(request: UpstreamRequest, { timeoutMs, idleTimeoutMs }: CallTimes, owner: CallOwner): PendingCall {
    const now = performance.now();
    const idleMs = idleTimeoutMs ?? Infinity;
    const call = new PendingCall(this.nextId(), request, now, now + timeoutMs, idleMs, this, owner);
    this.#calls.set(call.id, call);
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs);
    return call;
  }

  /** An id for something that is no call. */
  nextId(): number {
    return ++this.#lastId;
  }

  get(id: number): PendingCall | undefined {
    return this.#calls.get(id);
  }

  /** Calls in the order they were asked for; safe against calls that end meanwhile. */
  all(): PendingCall[] {
    return this.#calls.values().sort((one, other) => one.id - other.id);
  }

  onCallEnd(call: PendingCall): void {
    this.#calls.delete(call.id);
  }

  close(): void {
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    this.#sweeper = null;
  }

  #sweep(): void {
    if (this.#calls.size === 0) {
      this.close();
      return;
    }
    const now = performance.now();
    for (const call of this.#calls.values()) if (call.isOverdue(now)) call.expire(this.upstream);
  }
}

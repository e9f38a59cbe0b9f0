import type { LastingCounters } from './lasting-counters.js';
import type { LimitSelection } from './limit-rule.js';
import type { Refusal } from './limit-refusal.js';
import { isRefusal, type LimitStore, type LimitUse, type Ticket } from './limit-store.js';
import type { MemoryLimits } from './memory-limits.js';
import type { RedisLink } from './redis-link.js';
import { RedisRates } from './redis-rates.js';
import { RedisReservations } from './redis-reservations.js';

export interface RedisLimitsOptions {
  /** Begins every key; tests keep apart by it. */
  readonly prefix: string;
  /** Whole seconds of a rate's window. */
  readonly windowSeconds: number;
}

export const redisDefaults: RedisLimitsOptions = { prefix: 'toolgate', windowSeconds: 60 };

/**
 * Limits that replicas share: one turn to Redis a request. While Redis is away rates are open, parallel requests are
 * counted on this replica, quotas go by Postgres and the counts of this replica, and budgets refuse: a burst does less
 * harm than a bill.
 */
export class RedisLimits implements LimitStore {
  readonly kind = 'redis';
  failedOpen = 0;
  readonly #rates: RedisRates;
  readonly #reservations: RedisReservations;

  constructor(
    private readonly link: RedisLink,
    private readonly lasting: LastingCounters,
    /** Counts the slots of this replica all the time, to go on from when Redis goes away. */
    private readonly local: MemoryLimits,
    options: RedisLimitsOptions = redisDefaults,
  ) {
    this.#rates = new RedisRates(link, options.prefix, options.windowSeconds);
    this.#reservations = new RedisReservations(link, lasting, options.prefix);
  }

  get isAvailable(): boolean {
    return this.link.isUp;
  }

  get size(): number {
    return this.local.size;
  }

  async take(selection: LimitSelection, nowMs: number): Promise<Ticket | Refusal> {
    if (!this.link.isUp) return this.#takeAlone(selection, nowMs);
    const { budgets, quotas } = selection;
    // Redis is told what the database knows; without the database it must know by itself.
    const lasting = [...budgets, ...quotas].filter((rule) => !this.lasting.get(rule, nowMs).isLoaded);
    if (lasting.length > 0) await this.lasting.load(lasting, nowMs).catch(() => undefined);
    try {
      const outcome = await this.#takeShared(selection, nowMs);
      this.link.succeeded();
      return outcome;
    } catch (error) {
      this.link.failed(error);
      return this.#takeAlone(selection, nowMs);
    }
  }

  async #takeShared(selection: LimitSelection, nowMs: number): Promise<Ticket | Refusal> {
    // Asked together, so that it is one turn; what one of them counted is taken back when the other refuses.
    const [reserved, rateRefusal] = await Promise.all([
      this.#reservations.take(selection, nowMs),
      this.#rates.take(selection, nowMs),
    ]);
    if (isRefusal(reserved)) {
      if (rateRefusal === null) this.#rates.giveBack(selection.rates);
      // A slot comes free sooner than a rate: the client hears of what it has to wait for longest.
      return reserved.resetsAtMs === null && reserved.rule.name !== 'max_budget'
        ? (rateRefusal ?? reserved)
        : reserved;
    }
    if (rateRefusal !== null) {
      this.#reservations.giveBack(selection, reserved.slot, nowMs);
      return rateRefusal;
    }
    for (const rule of selection.quotas) this.lasting.add(rule, 1, nowMs);
    this.local.hold(selection);
    return reserved;
  }

  #takeAlone(selection: LimitSelection, nowMs: number): Ticket | Refusal | Promise<Ticket | Refusal> {
    const [rule] = selection.budgets;
    if (rule !== undefined) return { rule, reason: 'unknown', resetsAtMs: null };
    if (selection.rates.length + selection.tokens.length > 0) this.failedOpen += 1;
    return this.local.take({ ...selection, rates: [], tokens: [] }, nowMs);
  }

  /** Tokens are counted here too, for `exhausted`. */
  spend(selection: LimitSelection, use: LimitUse, nowMs: number): void {
    const { tokens = 0, cost = 0 } = use;
    if (tokens > 0) this.#rates.addTokens(selection.tokens, tokens);
    if (cost > 0) this.#reservations.addCost(selection.budgets, cost, nowMs);
    this.local.spend(selection, use, nowMs);
  }

  release(selection: LimitSelection, { slot }: Ticket): void {
    this.#reservations.release(selection, slot);
    this.local.release(selection);
  }

  exhausted(selection: LimitSelection, nowMs: number): Refusal | null {
    return this.local.exhausted(selection, nowMs);
  }

  sweep(nowMs: number): void {
    this.local.sweep(nowMs);
  }

  async close(): Promise<void> {
    this.#reservations.close();
    await this.link.close();
  }
}

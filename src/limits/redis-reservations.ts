import { randomBytes } from 'node:crypto';

import type { LastingCounters } from './lasting-counters.js';
import type { LimitRule, LimitSelection } from './limit-rule.js';
import type { Refusal } from './limit-refusal.js';
import type { RedisLink } from './redis-link.js';

/** A slot that is not renewed comes free after this: what a replica held when it died. */
const leaseMs = 30_000;
const renewMs = 10_000;
/** A counter that nobody uses leaves Redis after this; Postgres still has it. */
const longestKeptMs = 7 * 86_400_000;

/** Redis counts in whole numbers, so a budget is counted in billionths of a dollar there. */
const nanos = (dollars: number): number => Math.round(dollars * 1e9);

/** Quotas, budgets and parallel requests in Redis: one script a request, all or none. */
export class RedisReservations {
  readonly #replica = randomBytes(6).toString('hex');
  readonly #held = new Map<string, Set<string>>();
  #slots = 0;
  #renewer: NodeJS.Timeout | null = null;

  constructor(
    private readonly link: RedisLink,
    private readonly lasting: LastingCounters,
    private readonly prefix: string,
  ) {}

  /** The name of the slot taken (null when the request needs none), or why not. Rejects when Redis does. */
  async take(selection: LimitSelection, nowMs: number): Promise<{ slot: string | null } | Refusal> {
    const { budgets, quotas, slots } = selection;
    if (budgets.length + quotas.length + slots.length === 0) return { slot: null };
    const slot = slots.length === 0 ? null : `${this.#replica}:${(this.#slots += 1)}`;
    const rules = [...budgets, ...quotas, ...slots];
    const keys = [...budgets, ...quotas].map((rule) => this.#counterKey(rule, nowMs));
    const answer = await this.link.client.takeLimits(
      rules.length,
      ...keys,
      ...slots.map((rule) => this.#slotsKey(rule)),
      keys.length,
      ...budgets.flatMap((rule) => this.#argumentsOf(rule, 0, nanos, nowMs)),
      ...quotas.flatMap((rule) => this.#argumentsOf(rule, 1, Math.floor, nowMs)),
      leaseMs,
      slot ?? '',
      ...slots.map(({ limit }) => limit),
    );
    const rule = rules[Math.abs(answer) - 1];
    if (rule === undefined) {
      if (slot !== null) this.#hold(slots, slot);
      return { slot };
    }
    if (answer < 0) return { rule, reason: 'unknown', resetsAtMs: null };
    const isSlot = rule.name === 'max_parallel_requests';
    return {
      rule,
      reason: 'reached',
      resetsAtMs: isSlot ? null : this.lasting.get(rule, nowMs).window.endMs,
    };
  }

  /** Amount, limit, what is known of the counter, how long to keep it. */
  #argumentsOf(rule: LimitRule, amount: number, scale: (value: number) => number, nowMs: number): number[] {
    const { used, isLoaded, window } = this.lasting.get(rule, nowMs);
    const isUnknown = !isLoaded && rule.name === 'max_budget';
    const keptMs = Math.min(window.endMs === null ? longestKeptMs : window.endMs - nowMs, longestKeptMs);
    return [amount, scale(rule.limit), isUnknown ? -1 : scale(used), Math.max(1, Math.ceil(keptMs))];
  }

  /** Takes back what was counted for a request that something else refused. */
  giveBack(selection: LimitSelection, slot: string | null, nowMs: number): void {
    for (const rule of selection.quotas) {
      this.link.client.decrby(this.#counterKey(rule, nowMs), 1).catch(() => undefined);
    }
    this.release(selection, slot);
  }

  release(selection: LimitSelection, slot: string | null): void {
    if (slot === null) return;
    for (const rule of selection.slots) {
      const key = this.#slotsKey(rule);
      const held = this.#held.get(key);
      held?.delete(slot);
      if (held?.size === 0) this.#held.delete(key);
      this.link.client.zrem(key, slot).catch(() => undefined);
    }
  }

  /**
   * Called before the same cost is counted on this replica: what Redis hears later than the database would be counted
   * twice, because the script takes over what the database knows.
   */
  addCost(rules: readonly LimitRule[], cost: number, nowMs: number): void {
    for (const rule of rules) {
      this.link.client.incrby(this.#counterKey(rule, nowMs), nanos(cost)).catch(() => undefined);
    }
  }

  #hold(rules: readonly LimitRule[], slot: string): void {
    for (const rule of rules) {
      const key = this.#slotsKey(rule);
      const held = this.#held.get(key);
      if (held === undefined) this.#held.set(key, new Set([slot]));
      else held.add(slot);
    }
    this.#renewer ??= setInterval(() => this.#renew(), renewMs).unref();
  }

  #renew(): void {
    for (const [key, slots] of this.#held) {
      this.link.client.renewSlots(1, key, leaseMs, ...slots).catch(() => undefined);
    }
  }

  #counterKey(rule: LimitRule, nowMs: number): string {
    return `${this.prefix}:used:${rule.counter}:${this.lasting.get(rule, nowMs).window.startMs}`;
  }

  #slotsKey(rule: LimitRule): string {
    return `${this.prefix}:slots:${rule.counter}`;
  }

  close(): void {
    if (this.#renewer !== null) clearInterval(this.#renewer);
  }
}

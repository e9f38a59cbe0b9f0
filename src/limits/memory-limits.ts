import type { LastingCounters } from './lasting-counters.js';
import type { LimitRule, LimitSelection } from './limit-rule.js';
import type { Refusal } from './limit-refusal.js';
import type { LimitStore, LimitUse, Ticket } from './limit-store.js';

interface RateWindow {
  count: number;
  endsAtMs: number;
}

const onThisReplica: Ticket = { slot: null };

/**
 * Limits of one process. Rates are fixed windows that begin with their first request, as rate-limiter-flexible counts
 * them in Redis; its in-memory kind only answers with promises and keeps a timer for every key, and here the answer
 * must be there at once.
 */
export class MemoryLimits implements LimitStore {
  readonly kind = 'memory';
  readonly isAvailable = true;
  readonly failedOpen = 0;
  readonly #rates = new Map<string, RateWindow>();
  readonly #slots = new Map<string, number>();

  constructor(
    private readonly lasting: LastingCounters,
    /** Length of a rate's window; a minute outside of tests. */
    private readonly windowMs = 60_000,
  ) {}

  get size(): number {
    return this.#rates.size + this.#slots.size;
  }

  /** At once, but for the first request after a start or a long rest that has a quota or budget. */
  take(selection: LimitSelection, nowMs: number): Ticket | Refusal | Promise<Ticket | Refusal> {
    const { budgets, quotas } = selection;
    if (this.#areLoaded(budgets, nowMs) && this.#areLoaded(quotas, nowMs))
      return this.#admit(selection, nowMs);
    return this.#takeUnknown(selection, nowMs);
  }

  /** Without the database quotas go by what was counted here; budgets refuse, because money is not spent on a guess. */
  async #takeUnknown(selection: LimitSelection, nowMs: number): Promise<Ticket | Refusal> {
    await this.lasting.load([...selection.budgets, ...selection.quotas], nowMs).catch(() => undefined);
    return this.#admit(selection, nowMs);
  }

  #areLoaded(rules: readonly LimitRule[], nowMs: number): boolean {
    for (const rule of rules) if (!this.lasting.get(rule, nowMs).isLoaded) return false;
    return true;
  }

  /** First all are asked, then all are counted: nothing is counted for a request that one of them refuses. */
  #admit(selection: LimitSelection, nowMs: number): Ticket | Refusal {
    const refusal = this.#refusal(selection, nowMs);
    if (refusal !== null) return refusal;
    for (const rule of selection.quotas) this.lasting.add(rule, 1, nowMs);
    for (const rule of selection.rates) this.#count(rule, 1, nowMs);
    this.hold(selection);
    return onThisReplica;
  }

  /** What lasts longest speaks first, so that nobody waits a minute to be told to wait a month. */
  #refusal(selection: LimitSelection, nowMs: number): Refusal | null {
    const usedUp = this.#usedUp(selection.budgets, nowMs);
    if (usedUp !== null) return usedUp;
    for (const rule of selection.budgets) {
      if (!this.lasting.get(rule, nowMs).isLoaded) return { rule, reason: 'unknown', resetsAtMs: null };
    }
    return (
      this.#usedUp(selection.quotas, nowMs) ??
      this.#rateRefusal(selection.rates, nowMs) ??
      this.#rateRefusal(selection.tokens, nowMs) ??
      this.#slotRefusal(selection)
    );
  }

  #usedUp(rules: readonly LimitRule[], nowMs: number): Refusal | null {
    for (const rule of rules) {
      const { used, window } = this.lasting.get(rule, nowMs);
      if (used >= rule.limit) return { rule, reason: 'reached', resetsAtMs: window.endMs };
    }
    return null;
  }

  exhausted(selection: LimitSelection, nowMs: number): Refusal | null {
    return this.#usedUp(selection.budgets, nowMs) ?? this.#rateRefusal(selection.tokens, nowMs);
  }

  #rateRefusal(rules: readonly LimitRule[], nowMs: number): Refusal | null {
    for (const rule of rules) {
      const window = this.#rates.get(rule.counter);
      const isRunning = window !== undefined && nowMs < window.endsAtMs;
      if ((isRunning ? window.count : 0) < rule.limit) continue;
      return { rule, reason: 'reached', resetsAtMs: isRunning ? window.endsAtMs : nowMs + this.windowMs };
    }
    return null;
  }

  #count(rule: LimitRule, amount: number, nowMs: number): void {
    const window = this.#rates.get(rule.counter);
    if (window === undefined) {
      this.#rates.set(rule.counter, { count: amount, endsAtMs: nowMs + this.windowMs });
    } else if (nowMs < window.endsAtMs) {
      window.count += amount;
    } else {
      window.count = amount;
      window.endsAtMs = nowMs + this.windowMs;
    }
  }

  #slotRefusal(selection: LimitSelection): Refusal | null {
    for (const rule of selection.slots) {
      if ((this.#slots.get(rule.counter) ?? 0) >= rule.limit)
        return { rule, reason: 'reached', resetsAtMs: null };
    }
    return null;
  }

  hold(selection: LimitSelection): void {
    for (const { counter } of selection.slots) this.#slots.set(counter, (this.#slots.get(counter) ?? 0) + 1);
  }

  release(selection: LimitSelection): void {
    for (const { counter } of selection.slots) {
      const held = (this.#slots.get(counter) ?? 0) - 1;
      if (held > 0) this.#slots.set(counter, held);
      else this.#slots.delete(counter);
    }
  }

  spend(selection: LimitSelection, use: LimitUse, nowMs: number): void {
    const { tokens = 0, cost = 0 } = use;
    if (tokens > 0) for (const rule of selection.tokens) this.#count(rule, tokens, nowMs);
    if (cost > 0) for (const rule of selection.budgets) this.lasting.add(rule, cost, nowMs);
  }

  sweep(nowMs: number): void {
    for (const [counter, window] of this.#rates) if (nowMs >= window.endsAtMs) this.#rates.delete(counter);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

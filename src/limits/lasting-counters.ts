import { Logger } from '@nestjs/common';

import { keptUntil } from '../core/budget-window.js';
import { LastingCounter, type CounterKey } from './lasting-counter.js';
import type { LimitRule } from './limit-rule.js';
import { windowOf } from './limit-window.js';

/** Where lasting counters are kept. All calls are about whole batches. */
export interface CounterStore {
  /** Adds to each counter and answers what each is then, in the same order. */
  add(rows: readonly CounterIncrement[]): Promise<number[]>;
  /** What each counter is; 0 for one that is not there. */
  read(keys: readonly CounterKey[]): Promise<number[]>;
  /** Removes counters of windows that are long over. */
  removeExpired(now: Date): Promise<void>;
}

export interface CounterIncrement extends CounterKey {
  readonly amount: number;
  /** After this the counter may be removed. */
  readonly expiresAt: Date;
}

export interface LastingOptions {
  /** How long a count may wait before it is written; it bounds what a kill loses and how far replicas drift apart. */
  readonly flushMs: number;
  /** A counter that nobody asked for this long is dropped and read again when needed. */
  readonly idleMs: number;
}

export const lastingDefaults: LastingOptions = { flushMs: 500, idleMs: 60_000 };

const batchSize = 1_000;

/**
 * Quotas and budgets that survive a restart. A known counter answers from memory; counts are written behind, together,
 * every half second, and the answer brings what other replicas have counted. So replicas that share only the database
 * may together let through what comes in within half a second too much, and never more.
 */
export class LastingCounters {
  readonly #logger = new Logger('Limits');
  readonly #counters = new Map<string, LastingCounter>();
  readonly #dirty = new Set<LastingCounter>();
  #flushing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isFailing = false;

  constructor(
    private readonly store: CounterStore,
    private readonly options: LastingOptions = lastingDefaults,
  ) {}

  get size(): number {
    return this.#counters.size;
  }

  /** Counters with something that is not in the database yet. */
  get pendingWrites(): number {
    return this.#dirty.size;
  }

  /** The counter of a rule's current window. Check `isLoaded`: if not, `load` it or do with what was counted here. */
  get(rule: LimitRule, nowMs: number): LastingCounter {
    const known = this.#counters.get(rule.counter);
    if (known !== undefined && !known.isOver(nowMs)) {
      known.touchedAtMs = nowMs;
      return known;
    }
    const counter = new LastingCounter(rule, windowOf(rule, nowMs), nowMs);
    // A window that begins under our eyes begins at zero; what others count in it comes with the first write.
    counter.isLoaded = known?.isLoaded === true && known.window.endMs === counter.window.startMs;
    this.#counters.set(rule.counter, counter);
    return counter;
  }

  add(rule: LimitRule, amount: number, nowMs: number): void {
    const counter = this.get(rule, nowMs);
    counter.pending += amount;
    this.#dirty.add(counter);
    this.#timer ??= setTimeout(() => void this.#onTimer(), this.options.flushMs).unref();
  }

  /** Reads the counters of `rules` that are not known. Rejects when the database does not answer. */
  async load(rules: readonly LimitRule[], nowMs: number): Promise<void> {
    const missing: LastingCounter[] = [];
    const waiting = new Set<Promise<void>>();
    for (const rule of rules) {
      const counter = this.get(rule, nowMs);
      if (counter.isLoaded) continue;
      if (counter.loading === null) missing.push(counter);
      else waiting.add(counter.loading);
    }
    if (missing.length > 0) {
      const reading = this.#read(missing);
      for (const counter of missing) counter.loading = reading;
      waiting.add(reading);
    }
    await Promise.all(waiting);
  }

  async #read(counters: readonly LastingCounter[]): Promise<void> {
    try {
      const totals = await this.store.read(counters.map(({ key }) => key));
      counters.forEach((counter, index) => {
        counter.base = Math.max(counter.base, totals[index] ?? 0);
        counter.isLoaded = true;
      });
    } finally {
      for (const counter of counters) counter.loading = null;
    }
  }

  /** Writes everything counted so far. Rejects when the database refuses; nothing is lost by it. */
  async flush(): Promise<void> {
    while (this.#flushing !== null) await this.#flushing;
    this.#flushing = this.#write().finally(() => (this.#flushing = null));
    await this.#flushing;
  }

  async #write(): Promise<void> {
    // The same order on every replica, so that two writing the same rows never wait for each other in a circle.
    const due = [...this.#dirty].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    for (let start = 0; start < due.length; start += batchSize) {
      await this.#writeBatch(due.slice(start, start + batchSize));
    }
  }

  async #writeBatch(batch: readonly LastingCounter[]): Promise<void> {
    const rows = batch.map((counter) => ({
      ...counter.key,
      amount: counter.pending,
      expiresAt: keptUntil(counter.window),
    }));
    for (const counter of batch) {
      this.#dirty.delete(counter);
      counter.writing = counter.pending;
      counter.pending = 0;
    }
    try {
      const totals = await this.store.add(rows);
      batch.forEach((counter, index) => {
        counter.base = Math.max(counter.base, totals[index] ?? 0);
        counter.writing = 0;
        counter.isLoaded = true;
      });
    } catch (error) {
      for (const counter of batch) {
        counter.pending += counter.writing;
        counter.writing = 0;
        this.#dirty.add(counter);
      }
      throw error;
    }
  }

  async #onTimer(): Promise<void> {
    this.#timer = null;
    try {
      await this.flush();
      if (this.#isFailing) this.#logger.log('quotas and budgets are written again');
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        this.#logger.warn('quotas and budgets cannot be written, they are kept in memory', error);
      this.#isFailing = true;
    }
    if (this.#dirty.size > 0)
      this.#timer ??= setTimeout(() => void this.#onTimer(), this.options.flushMs).unref();
  }

  /** Drops counters that are idle and written, and has the database drop those of windows long over. */
  sweep(nowMs: number): void {
    for (const [name, counter] of this.#counters) {
      const isIdle = nowMs - counter.touchedAtMs >= this.options.idleMs;
      if (isIdle && counter.pending === 0 && counter.writing === 0) this.#counters.delete(name);
    }
  }

  removeExpired(nowMs: number): Promise<void> {
    return this.store.removeExpired(new Date(nowMs));
  }

  /** Writes what is left; the last thing done with the database. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    try {
      await this.flush();
    } catch (error) {
      this.#logger.error('quotas and budgets of the last moment are lost', error);
    }
  }
}

function sortKey({ rule, window }: LastingCounter): string {
  return `${rule.counter} ${window.startMs}`;
}

import { Injectable, Logger } from '@nestjs/common';

import { DatabaseService } from '../database/database.service.js';
import type { UsageEntry, UsageSubject, UsageTotal } from './usage.js';
import { UsageStore } from './usage.store.js';

const flushMs = 1_000;
const batchSize = 2_000;
/** Totals kept apart in memory at most; beyond, what is new is counted without naming its model or tool. */
const maxTotals = 10_000;
const dayMs = 86_400_000;

/** Adds up who used what, off the path of the call, and writes it every second. */
@Injectable()
export class UsageService {
  readonly #logger = new Logger('Usage');
  #totals = new Map<string, UsageTotal>();
  #flushing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isFailing = false;
  #dayEndsAtMs = 0;
  #day = '';

  constructor(
    private readonly store: UsageStore,
    database: DatabaseService,
  ) {
    database.beforeClose(() => this.close());
  }

  /** Totals that are not written yet. */
  get backlog(): number {
    return this.#totals.size;
  }

  record(subject: UsageSubject, entry: UsageEntry, nowMs = Date.now()): void {
    const total = this.#totalOf(subject, entry, nowMs);
    total.calls += 1;
    if (entry.isFailed === true) total.failedCalls += 1;
    total.promptTokens += entry.promptTokens ?? 0;
    total.completionTokens += entry.completionTokens ?? 0;
    total.cost += entry.cost ?? 0;
    this.#timer ??= setTimeout(() => void this.#onTimer(), flushMs).unref();
  }

  #totalOf(subject: UsageSubject, entry: UsageEntry, nowMs: number): UsageTotal {
    const day = this.#dayOf(nowMs);
    const { keyId, userId, teamId, organizationId } = subject;
    const { model = '', upstream = '', tool = '' } = entry;
    const name = `${day}\n${keyId}\n${userId ?? ''}\n${teamId ?? ''}\n${organizationId ?? ''}\n${model}\n${upstream}\n${tool}`;
    let total = this.#totals.get(name);
    if (total === undefined) {
      const isNamed = model !== '' || upstream !== '' || tool !== '';
      if (isNamed && this.#totals.size >= maxTotals) return this.#totalOf(subject, {}, nowMs);
      total = {
        day,
        keyId,
        userId: userId ?? '',
        teamId: teamId ?? '',
        organizationId: organizationId ?? '',
        model,
        upstream,
        tool,
        calls: 0,
        failedCalls: 0,
        promptTokens: 0,
        completionTokens: 0,
        cost: 0,
      };
      this.#totals.set(name, total);
    }
    return total;
  }

  #dayOf(nowMs: number): string {
    if (nowMs >= this.#dayEndsAtMs || nowMs < this.#dayEndsAtMs - dayMs) {
      this.#dayEndsAtMs = (Math.floor(nowMs / dayMs) + 1) * dayMs;
      this.#day = new Date(nowMs).toISOString().slice(0, 10);
    }
    return this.#day;
  }

  /** Writes everything recorded so far. Rejects when the database refuses; what was not written is kept. */
  async flush(): Promise<void> {
    while (this.#flushing !== null) await this.#flushing.catch(() => undefined);
    this.#flushing = this.#write().finally(() => (this.#flushing = null));
    await this.#flushing;
  }

  async #write(): Promise<void> {
    const due = this.#totals;
    if (due.size === 0) return;
    this.#totals = new Map();
    const rest = [...due];
    try {
      while (rest.length > 0) {
        await this.store.add(rest.slice(0, batchSize).map(([, total]) => total));
        rest.splice(0, batchSize);
      }
    } catch (error) {
      this.#takeBack(rest);
      throw error;
    }
  }

  #takeBack(due: readonly (readonly [string, UsageTotal])[]): void {
    for (const [name, total] of due) {
      const since = this.#totals.get(name);
      if (since === undefined) {
        this.#totals.set(name, total);
        continue;
      }
      since.calls += total.calls;
      since.failedCalls += total.failedCalls;
      since.promptTokens += total.promptTokens;
      since.completionTokens += total.completionTokens;
      since.cost += total.cost;
    }
  }

  async #onTimer(): Promise<void> {
    this.#timer = null;
    try {
      await this.flush();
      if (this.#isFailing) this.#logger.log('usage is written again');
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#logger.warn('usage cannot be written, it is kept in memory', error);
      this.#isFailing = true;
    }
    if (this.#totals.size > 0) this.#timer ??= setTimeout(() => void this.#onTimer(), flushMs).unref();
  }

  /** The last thing done with the database. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.flush();
  }
}

import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';

import type { LimitLevel } from '../core/limits.js';
import type { Principal } from '../core/principal.js';
import type { LastingCounters } from './lasting-counters.js';
import { toLimitError, type Refusal } from './limit-refusal.js';
import { LimitPlan, type LimitedRequest, type LimitName, type LimitSelection } from './limit-rule.js';
import { isRefusal, type LimitStore, type LimitUse, type Ticket } from './limit-store.js';

/** A request that was let in, until it ends. */
export interface LimitLease {
  /** Adds what a part of the request used: one round of a completion with tools. */
  spend(use: LimitUse, nowMs?: number): void;
  /** Throws BUDGET_EXCEEDED or RATE_LIMITED when its budget or its tokens are used up by now. */
  check(nowMs?: number): void;
  /** Ends the request: gives back what it holds, adds what it used besides. Only the first call counts. */
  leave(use?: LimitUse, nowMs?: number): void;
}

export interface LimiterState {
  readonly store: 'memory' | 'redis';
  readonly isAvailable: boolean;
  readonly failedOpen: number;
  readonly refused: Readonly<Partial<Record<LimitName, number>>>;
  readonly counters: number;
  readonly pendingWrites: number;
}

/** For whom no limit is set, which is most. */
const nothing = (): void => undefined;
const unlimited: LimitLease = { spend: nothing, check: nothing, leave: nothing };

const noUse: LimitUse = {};

const sweepMs = 60_000;
/** Rows of old windows are looked for this seldom. */
const sweepsBetweenCleanings = 60;

/** Says whether a principal's limits let a request in (contract section 7, "Limits"). */
export class LimiterService implements OnModuleInit, OnApplicationShutdown {
  /** Principals are replaced when a limit of theirs changes, and their plan goes with them. */
  readonly #plans = new WeakMap<readonly LimitLevel[], LimitPlan>();
  readonly #refused: Partial<Record<LimitName, number>> = {};
  #sweeper: NodeJS.Timeout | null = null;
  #sweeps = 0;

  constructor(
    private readonly store: LimitStore,
    private readonly lasting: LastingCounters,
  ) {}

  onModuleInit(): void {
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs).unref();
  }

  /**
   * Lets a request in, or throws (rejects) with RATE_LIMITED, BUDGET_EXCEEDED or LIMITER_UNAVAILABLE. At once when the
   * principal has no limits, and with limits in memory; a promise when Redis has to be asked, or the database for a
   * quota or budget that was not used lately. Whoever is let in must `leave`.
   */
  enter(principal: Principal, request: LimitedRequest, atMs?: number): LimitLease | Promise<LimitLease> {
    const { limits } = principal;
    if (limits.length === 0) return unlimited;
    const selection = this.#planOf(limits).select(request);
    if (selection.isEmpty) return unlimited;
    const nowMs = atMs ?? Date.now();
    const outcome = this.store.take(selection, nowMs);
    return outcome instanceof Promise
      ? outcome.then((settled) => this.#lease(selection, settled, nowMs))
      : this.#lease(selection, outcome, nowMs);
  }

  get state(): LimiterState {
    const { kind, isAvailable, failedOpen, size } = this.store;
    return {
      store: kind,
      isAvailable,
      failedOpen,
      refused: { ...this.#refused },
      counters: size + this.lasting.size,
      pendingWrites: this.lasting.pendingWrites,
    };
  }

  #planOf(limits: readonly LimitLevel[]): LimitPlan {
    let plan = this.#plans.get(limits);
    if (plan === undefined) {
      plan = new LimitPlan(limits);
      this.#plans.set(limits, plan);
    }
    return plan;
  }

  #lease(selection: LimitSelection, outcome: Ticket | Refusal, nowMs: number): LimitLease {
    if (isRefusal(outcome)) return this.#refuse(outcome, nowMs);
    return new StoreLease(this.store, selection, outcome, this.#refuse);
  }

  readonly #refuse = (refusal: Refusal, nowMs: number): never => {
    const { name } = refusal.rule;
    this.#refused[name] = (this.#refused[name] ?? 0) + 1;
    throw toLimitError(refusal, nowMs);
  };

  #sweep(): void {
    const nowMs = Date.now();
    this.store.sweep(nowMs);
    this.lasting.sweep(nowMs);
    this.#sweeps += 1;
    // Another replica, or the next time, does what fails now.
    if (this.#sweeps % sweepsBetweenCleanings === 0)
      void this.lasting.removeExpired(nowMs).catch(() => undefined);
  }

  /** Last of all: calls that are still under way at the end give back what they hold. */
  async onApplicationShutdown(): Promise<void> {
    if (this.#sweeper !== null) clearInterval(this.#sweeper);
    await this.store.close();
  }
}

class StoreLease implements LimitLease {
  #hasLeft = false;

  constructor(
    private readonly store: LimitStore,
    private readonly selection: LimitSelection,
    private readonly ticket: Ticket,
    private readonly refuse: (refusal: Refusal, nowMs: number) => never,
  ) {}

  spend(use: LimitUse, nowMs = Date.now()): void {
    if (!this.#hasLeft) this.store.spend(this.selection, use, nowMs);
  }

  check(nowMs = Date.now()): void {
    const refusal = this.store.exhausted(this.selection, nowMs);
    if (refusal !== null) this.refuse(refusal, nowMs);
  }

  leave(use: LimitUse = noUse, nowMs = Date.now()): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.store.release(this.selection, this.ticket);
    this.store.spend(this.selection, use, nowMs);
  }
}

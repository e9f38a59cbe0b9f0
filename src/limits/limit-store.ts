import type { LimitSelection } from './limit-rule.js';
import type { Refusal } from './limit-refusal.js';

/** A request that was let in. */
export interface Ticket {
  /** Names its places among the parallel requests in a shared store; null: counted on this replica only. */
  readonly slot: string | null;
}

/** What a request turned out to have used. */
export interface LimitUse {
  /** Prompt and completion tokens together. */
  readonly tokens?: number;
  /** US dollars. */
  readonly cost?: number;
}

/** Counts requests against rules. A request is let in by all of its rules or counted by none. */
export interface LimitStore {
  readonly kind: 'memory' | 'redis';
  /** false: rates are not checked and budgets refuse. */
  readonly isAvailable: boolean;
  /** Requests let in without a check of their rates. */
  readonly failedOpen: number;
  /** Counters held by this process. */
  readonly size: number;
  take(selection: LimitSelection, nowMs: number): Ticket | Refusal | Promise<Ticket | Refusal>;
  /** Adds tokens and cost of a request that was let in; never waits. */
  spend(selection: LimitSelection, use: LimitUse, nowMs: number): void;
  /** Gives the slots of a request back. Called once for every ticket; never waits. */
  release(selection: LimitSelection, ticket: Ticket): void;
  /** Which budget or token limit is used up by now, as far as this replica knows. */
  exhausted(selection: LimitSelection, nowMs: number): Refusal | null;
  /** Drops what is over; called every minute. */
  sweep(nowMs: number): void;
  close(): Promise<void>;
}

export function isRefusal(outcome: Ticket | Refusal): outcome is Refusal {
  return 'rule' in outcome;
}

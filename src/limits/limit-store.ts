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
  /** Ends a request: gives its slots back, adds its tokens and cost. Called once for every ticket; never waits. */
  settle(selection: LimitSelection, ticket: Ticket, use: LimitUse, nowMs: number): void;
  /** Drops what is over; called every minute. */
  sweep(nowMs: number): void;
  close(): Promise<void>;
}

export function isRefusal(outcome: Ticket | Refusal): outcome is Refusal {
  return 'rule' in outcome;
}

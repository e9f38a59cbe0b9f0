import type { PermissionLevelKind } from './permission.js';

/** Limits as they stand on one level (contract section 7). Absent = no limit. */
export interface LimitSettings {
  /** Requests a minute. */
  readonly rpmLimit?: number;
  /** Tokens a minute, completions only. */
  readonly tpmLimit?: number;
  readonly maxParallelRequests?: number;
  /** Upstream name to tool calls a minute. */
  readonly mcpRpmLimit?: Readonly<Record<string, number>>;
  /** Tool calls a day, UTC. */
  readonly mcpCallsPerDay?: number;
  /** US dollars within `budgetDuration`. */
  readonly maxBudget?: number;
  /** e.g. `30d`; absent = for ever. */
  readonly budgetDuration?: string;
  /**
   * A moment at which the budget resets, epoch milliseconds; the other resets lie whole durations before and after it.
   * Absent: counted from 1970-01-01T00:00Z, so that days reset at midnight UTC.
   */
  readonly budgetResetAtMs?: number;
}

export interface LimitLevel {
  readonly kind: PermissionLevelKind;
  readonly id: string;
  /** How a message names the level, e.g. `team payments`. */
  readonly label: string;
  readonly limits: LimitSettings;
}

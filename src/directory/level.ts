import type { LimitSettings } from '../core/limits.js';
import type { ObjectPermission } from '../core/permission.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** What may be set on each level: organization, team, user and key. Absent columns are null. */
export interface LevelFields {
  /** Empty: all models. */
  readonly models: readonly string[];
  readonly objectPermission: ObjectPermission | null;
  readonly rpmLimit: number | null;
  readonly tpmLimit: number | null;
  readonly maxParallelRequests: number | null;
  /** Upstream name to tool calls a minute. */
  readonly mcpRpmLimit: Readonly<Record<string, number>> | null;
  readonly mcpCallsPerDay: number | null;
  /** US dollars. */
  readonly maxBudget: number | null;
  readonly budgetDuration: string | null;
  readonly metadata: JsonObject;
  readonly tags: readonly string[];
  readonly aliases: JsonObject;
  readonly blocked: boolean;
}

/** What the gateway itself writes on each level. */
export interface LevelState {
  /** US dollars in all. */
  readonly spend: number;
  /** When the budget began anew for the first time, or will; every whole `budgetDuration` after it does again. */
  readonly budgetResetAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** User id or key id of who did it. */
  readonly createdBy: string | null;
  readonly updatedBy: string | null;
}

/** A change: members left out stay as they are. */
export type Patch<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** The limits of a level as the limiter wants them: only those that are set. */
export function limitsOf(level: LevelFields & Partial<LevelState>): LimitSettings {
  return {
    ...(level.rpmLimit === null ? {} : { rpmLimit: level.rpmLimit }),
    ...(level.tpmLimit === null ? {} : { tpmLimit: level.tpmLimit }),
    ...(level.maxParallelRequests === null ? {} : { maxParallelRequests: level.maxParallelRequests }),
    ...(level.mcpRpmLimit === null ? {} : { mcpRpmLimit: level.mcpRpmLimit }),
    ...(level.mcpCallsPerDay === null ? {} : { mcpCallsPerDay: level.mcpCallsPerDay }),
    ...(level.maxBudget === null ? {} : { maxBudget: level.maxBudget }),
    ...(level.maxBudget === null || level.budgetDuration === null
      ? {}
      : { budgetDuration: level.budgetDuration }),
    ...(level.budgetResetAt == null ? {} : { budgetResetAtMs: level.budgetResetAt.getTime() }),
  };
}

/** A level that says nothing. */
export const emptyLevel: LevelFields = {
  models: [],
  objectPermission: null,
  rpmLimit: null,
  tpmLimit: null,
  maxParallelRequests: null,
  mcpRpmLimit: null,
  mcpCallsPerDay: null,
  maxBudget: null,
  budgetDuration: null,
  metadata: {},
  tags: [],
  aliases: {},
  blocked: false,
};

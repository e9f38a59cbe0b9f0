import { budgetWindow } from '../../core/budget-window.js';
import { mergeObjectPermission } from '../../core/object-permission.js';
import type { ObjectPermission } from '../../core/permission.js';
import {
  limitsOf,
  type JsonObject,
  type LevelFields,
  type LevelState,
  type Patch,
} from '../../directory/level.js';
import type { ObjectPermissionInput } from './fields.js';

/** The fields all levels share, as a request has them. */
export interface LevelInput {
  readonly models?: string[] | null | undefined;
  readonly object_permission?: ObjectPermissionInput | null | undefined;
  readonly rpm_limit?: number | null | undefined;
  readonly tpm_limit?: number | null | undefined;
  readonly max_parallel_requests?: number | null | undefined;
  readonly mcp_rpm_limit?: Record<string, number> | null | undefined;
  readonly mcp_calls_per_day?: number | null | undefined;
  readonly max_budget?: number | null | undefined;
  readonly budget_duration?: string | null | undefined;
  readonly metadata?: JsonObject | null | undefined;
  readonly tags?: string[] | null | undefined;
  readonly aliases?: JsonObject | null | undefined;
  readonly blocked?: boolean | null | undefined;
}

/** What a request changes on a level. `current` is what it stands on; null when it is new. */
export function levelPatch(input: LevelInput, current: LevelFields | null): Patch<LevelFields> {
  return {
    models: orEmpty(input.models, []),
    objectPermission: mergedPermission(input.object_permission, current?.objectPermission ?? null),
    rpmLimit: input.rpm_limit,
    tpmLimit: input.tpm_limit,
    maxParallelRequests: input.max_parallel_requests,
    mcpRpmLimit: input.mcp_rpm_limit,
    mcpCallsPerDay: input.mcp_calls_per_day,
    maxBudget: input.max_budget,
    budgetDuration: input.budget_duration,
    metadata: orEmpty(input.metadata, {}),
    tags: orEmpty(input.tags, []),
    aliases: orEmpty(input.aliases, {}),
    blocked: orEmpty(input.blocked, false),
  };
}

const orEmpty = <T>(value: T | null | undefined, empty: T): T | undefined => (value === null ? empty : value);

/** Member by member, as LiteLLM does: those left out stay, null takes one away, null for the whole takes all away. */
function mergedPermission(
  input: ObjectPermissionInput | null | undefined,
  current: ObjectPermission | null,
): ObjectPermission | null | undefined {
  if (input === undefined) return undefined;
  const merged = mergeObjectPermission(current, input as ObjectPermission | null);
  if (merged === null) return null;
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value != null));
}

/** A level with a patch applied. */
export function patched<T extends object>(current: T, patch: Patch<T>): T {
  const defined = Object.entries(patch).filter(([, value]) => value !== undefined);
  return { ...current, ...(Object.fromEntries(defined) as Partial<T>) };
}

/** The fields all levels share, as answers have them. */
export function levelRow(level: LevelFields & LevelState) {
  return {
    models: level.models,
    object_permission: level.objectPermission,
    rpm_limit: level.rpmLimit,
    tpm_limit: level.tpmLimit,
    max_parallel_requests: level.maxParallelRequests,
    mcp_rpm_limit: level.mcpRpmLimit,
    mcp_calls_per_day: level.mcpCallsPerDay,
    max_budget: level.maxBudget,
    budget_duration: level.budgetDuration,
    budget_reset_at: nextReset(level),
    spend: level.spend,
    metadata: level.metadata,
    tags: level.tags,
    blocked: level.blocked,
    created_at: level.createdAt.toISOString(),
    updated_at: level.updatedAt.toISOString(),
    created_by: level.createdBy,
    updated_by: level.updatedBy,
  };
}

/** When the budget begins anew; null when there is none, or it never does. */
function nextReset(level: LevelFields & LevelState): string | null {
  const { endMs } = budgetWindow(limitsOf(level), Date.now());
  return endMs === null ? null : new Date(endMs).toISOString();
}

/** One page of a list in LiteLLM's words. */
export const pageRow = (total: number, { page, size }: { page: number; size: number }) => ({
  total_count: total,
  current_page: page,
  total_pages: Math.ceil(total / size),
});

/** Fields before and after, only those that differ. Bookkeeping that always differs is left out. */
export function difference(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): { before: Record<string, unknown>; after: Record<string, unknown> } {
  const changed = Object.keys(after).filter(
    (name) => !bookkeeping.has(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const pick = (row: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(changed.map((name) => [name, row[name] ?? null]));
  return { before: pick(before), after: pick(after) };
}

const bookkeeping: ReadonlySet<string> = new Set(['updated_at', 'updated_by']);

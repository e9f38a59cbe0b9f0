import { addDuration, parseDuration } from '../core/duration.js';
import type { ObjectPermission } from '../core/permission.js';
import { Prisma } from '../database/generated/client.js';
import type { JsonObject, LevelFields, LevelState, Patch } from './level.js';

/** The columns that organizations, teams, users and virtual_keys share, as Prisma reads them. */
export interface LevelRow {
  readonly models: string[];
  readonly objectPermission: Prisma.JsonValue;
  readonly rpmLimit: number | null;
  readonly tpmLimit: number | null;
  readonly maxParallelRequests: number | null;
  readonly mcpRpmLimit: Prisma.JsonValue;
  readonly mcpCallsPerDay: number | null;
  readonly maxBudget: number | null;
  readonly budgetDuration: string | null;
  readonly budgetResetAt: Date | null;
  readonly spend: number;
  readonly metadata: Prisma.JsonValue;
  readonly tags: string[];
  readonly aliases: Prisma.JsonValue;
  readonly blocked: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly createdBy: string | null;
  readonly updatedBy: string | null;
}

/** What these columns hold was validated when it was written. */
export function readLevel(row: LevelRow): LevelFields & LevelState {
  return {
    models: row.models,
    objectPermission: row.objectPermission as ObjectPermission | null,
    rpmLimit: row.rpmLimit,
    tpmLimit: row.tpmLimit,
    maxParallelRequests: row.maxParallelRequests,
    mcpRpmLimit: row.mcpRpmLimit as Record<string, number> | null,
    mcpCallsPerDay: row.mcpCallsPerDay,
    maxBudget: row.maxBudget,
    budgetDuration: row.budgetDuration,
    budgetResetAt: row.budgetResetAt,
    spend: row.spend,
    metadata: row.metadata as JsonObject,
    tags: row.tags,
    aliases: row.aliases as JsonObject,
    blocked: row.blocked,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    createdBy: row.createdBy,
    updatedBy: row.updatedBy,
  };
}

/** Column values of a patch on what is there (null: on nothing); what the patch leaves out is left out here. */
export function levelColumns(patch: Patch<LevelFields>, before: LevelFields | null) {
  return {
    ...(patch.models === undefined ? {} : { models: [...patch.models] }),
    ...(patch.objectPermission === undefined ? {} : { objectPermission: jsonOrNull(patch.objectPermission) }),
    ...(patch.rpmLimit === undefined ? {} : { rpmLimit: patch.rpmLimit }),
    ...(patch.tpmLimit === undefined ? {} : { tpmLimit: patch.tpmLimit }),
    ...(patch.maxParallelRequests === undefined ? {} : { maxParallelRequests: patch.maxParallelRequests }),
    ...(patch.mcpRpmLimit === undefined ? {} : { mcpRpmLimit: jsonOrNull(patch.mcpRpmLimit) }),
    ...(patch.mcpCallsPerDay === undefined ? {} : { mcpCallsPerDay: patch.mcpCallsPerDay }),
    ...(patch.maxBudget === undefined ? {} : { maxBudget: patch.maxBudget }),
    ...budgetColumns(patch.budgetDuration, before?.budgetDuration ?? null),
    ...(patch.metadata === undefined ? {} : { metadata: patch.metadata as Prisma.InputJsonObject }),
    ...(patch.tags === undefined ? {} : { tags: [...patch.tags] }),
    ...(patch.aliases === undefined ? {} : { aliases: patch.aliases as Prisma.InputJsonObject }),
    ...(patch.blocked === undefined ? {} : { blocked: patch.blocked }),
  };
}

/** A period of another length begins now. */
function budgetColumns(duration: string | null | undefined, before: string | null) {
  if (duration === undefined || duration === before) return {};
  const parsed = duration === null ? null : parseDuration(duration);
  const budgetResetAt = parsed === null ? null : new Date(addDuration(Date.now(), parsed));
  return { budgetDuration: duration, budgetResetAt };
}

function jsonOrNull(value: object | null): Prisma.InputJsonObject | typeof Prisma.DbNull {
  return value === null ? Prisma.DbNull : value;
}

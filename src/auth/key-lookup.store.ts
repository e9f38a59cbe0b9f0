import { Inject, Injectable } from '@nestjs/common';

import type { ObjectPermission } from '../core/permission.js';
import type { LimitSettings } from '../core/limits.js';
import type { Role } from '../core/principal.js';
import { DatabaseService } from '../database/database.service.js';
import { Prisma } from '../database/generated/client.js';
import { DEFAULT_ACCESS, type DefaultAccess } from './auth-options.js';
import { identityOf, type Identity, type KeyRecord, type LevelRecord } from './key-record.js';

/** A level as the database builds it. */
interface LevelJson {
  readonly id: string;
  readonly alias: string | null;
  readonly isBlocked: boolean;
  readonly models: string[];
  readonly objectPermission: ObjectPermission | null;
  readonly limits: LimitSettings;
}

interface LookupRow {
  readonly hash: string;
  readonly previousHash: string | null;
  readonly graceEndsAt: Date | null;
  readonly expiresAt: Date | null;
  readonly allowedRoutes: string[];
  readonly key: LevelJson;
  readonly user: (LevelJson & { readonly role: Role }) | null;
  readonly team: LevelJson | null;
  readonly organization: LevelJson | null;
}

/** Reads who keys stand for: key, user, team and organization with one query, however many keys. */
@Injectable()
export class KeyLookupStore {
  constructor(
    private readonly database: DatabaseService,
    @Inject(DEFAULT_ACCESS) private readonly defaultAccess: DefaultAccess,
  ) {}

  get isReachable(): boolean {
    return this.database.state === 'ready';
  }

  async byHash(hash: string): Promise<Identity | null> {
    return (await this.byHashes([hash])).get(hash) ?? null;
  }

  async byKeyId(keyId: string): Promise<Identity | null> {
    const [row] = await this.database.run(
      (prisma) => prisma.$queryRaw<LookupRow[]>`${lookup} WHERE k."key_id" = ${keyId}`,
    );
    return row === undefined ? null : identityOf(row.hash, toRecord(row.hash, row), this.defaultAccess);
  }

  /** Who all keys are, so many at a time, in the order of their hashes. */
  async page(afterHash: string, size: number): Promise<readonly Identity[]> {
    const rows = await this.database.run(
      (prisma) => prisma.$queryRaw<LookupRow[]>`${lookup}
        WHERE k."hash" > ${afterHash} ORDER BY k."hash" LIMIT ${size}`,
    );
    return rows.map((row) => identityOf(row.hash, toRecord(row.hash, row), this.defaultAccess));
  }

  /** By the hash of each secret, those in their grace period included. */
  async byHashes(hashes: readonly string[]): Promise<ReadonlyMap<string, Identity>> {
    const wanted = [...hashes];
    const rows = await this.database.run(
      (prisma) => prisma.$queryRaw<LookupRow[]>`${lookup}
        WHERE k."hash" = ANY(${wanted}::text[]) OR k."previous_hash" = ANY(${wanted}::text[])`,
    );
    const asked = new Set(hashes);
    const found = new Map<string, Identity>();
    for (const row of rows) {
      for (const hash of [row.hash, row.previousHash]) {
        if (hash !== null && asked.has(hash))
          found.set(hash, identityOf(hash, toRecord(hash, row), this.defaultAccess));
      }
    }
    return found;
  }
}

/** SQL of one level; `extra` are further members. Columns have the same names on every level. */
function level(table: string, id: string, alias: string, extra = ''): Prisma.Sql {
  return Prisma.raw(`CASE WHEN ${table}."${id}" IS NULL THEN NULL ELSE jsonb_build_object(
    'id', ${table}."${id}", 'alias', ${table}."${alias}", 'isBlocked', ${table}."blocked",
    'models', to_jsonb(COALESCE(${table}."models", '{}')), 'objectPermission', ${table}."object_permission",
    'limits', jsonb_strip_nulls(jsonb_build_object(
      'rpmLimit', ${table}."rpm_limit", 'tpmLimit', ${table}."tpm_limit",
      'maxParallelRequests', ${table}."max_parallel_requests", 'mcpRpmLimit', ${table}."mcp_rpm_limit",
      'mcpCallsPerDay', ${table}."mcp_calls_per_day", 'maxBudget', ${table}."max_budget",
      'budgetDuration', CASE WHEN ${table}."max_budget" IS NULL THEN NULL ELSE ${table}."budget_duration" END,
      'budgetResetAtMs', CASE WHEN ${table}."max_budget" IS NULL OR ${table}."budget_duration" IS NULL THEN NULL
        ELSE round(extract(epoch FROM ${table}."budget_reset_at") * 1000) END
    ))${extra}
  ) END`);
}

const lookup = Prisma.sql`
  SELECT k."hash", k."previous_hash" AS "previousHash", k."previous_hash_expires_at" AS "graceEndsAt",
    k."expires_at" AS "expiresAt", COALESCE(k."allowed_routes", '{}') AS "allowedRoutes",
    ${level('k', 'key_id', 'key_alias')} AS "key",
    ${level('u', 'user_id', 'user_alias', `, 'role', u."user_role"`)} AS "user",
    ${level('t', 'team_id', 'team_alias')} AS "team",
    ${level('o', 'organization_id', 'organization_alias')} AS "organization"
  FROM "virtual_keys" k
  LEFT JOIN "users" u ON u."user_id" = k."user_id"
  LEFT JOIN "teams" t ON t."team_id" = k."team_id"
  LEFT JOIN "organizations" o ON o."organization_id" = COALESCE(t."organization_id", k."organization_id")`;

function toRecord(hash: string, row: LookupRow): KeyRecord {
  const ends = [row.expiresAt, hash === row.hash ? null : row.graceEndsAt].filter((end) => end !== null);
  return {
    key: toLevel(row.key),
    user: row.user === null ? null : { ...toLevel(row.user), role: row.user.role },
    team: row.team === null ? null : toLevel(row.team),
    organization: row.organization === null ? null : toLevel(row.organization),
    expiresAtMs: ends.length === 0 ? null : Math.min(...ends.map((end) => end.getTime())),
    allowedRoutes: row.allowedRoutes.length === 0 ? null : row.allowedRoutes,
  };
}

const toLevel = ({ id, alias, isBlocked, models, objectPermission, limits }: LevelJson): LevelRecord => ({
  id,
  alias,
  isBlocked,
  models,
  objectPermission,
  limits,
});

import { Injectable } from '@nestjs/common';

import type { AuditOutcome } from '../core/audit-entry.js';
import { DatabaseService } from '../database/database.service.js';
import { firstIdAt } from './audit-id.js';
import { auditColumns } from './audit-row.js';
import type { AuditRowJson, AuditTableRow } from './audit-row.js';

/** Which rows are asked for; all that are named must hold. */
export interface AuditFilter {
  /** This moment and later. */
  readonly since?: Date;
  /** Before this moment. */
  readonly until?: Date;
  readonly key?: string;
  readonly user?: string;
  readonly team?: string;
  readonly organization?: string;
  readonly tool?: string;
  readonly upstream?: string;
  readonly outcome?: AuditOutcome;
}

/** Which rows may be seen: those of any of these, or all. */
export type AuditVisibility =
  | { readonly kind: 'all' }
  | {
      readonly kind: 'some';
      readonly keyIds: readonly string[];
      readonly userIds: readonly string[];
      readonly teamIds: readonly string[];
      readonly organizationIds: readonly string[];
    };

const columnNames = Object.keys(auditColumns).map((name) => `"${name}"`);
const rowType = Object.entries(auditColumns).map(([name, type]) => `"${name}" ${type}`);

/** One statement with one parameter, whatever the number of rows: cheap to send, and the same plan each time. */
const insertSql = `insert into audit_entries (${columnNames.join(', ')})
  select ${columnNames.join(', ')} from json_to_recordset($1::json) as row (${rowType.join(', ')})
  on conflict (id) do nothing`;

const deleteSql = `delete from audit_entries where id in (
  select id from audit_entries where id < $1::uuid order by id limit $2 for update skip locked)`;

const maxOwnBranches = 20;

const visibleColumns = {
  keyIds: 'key_id',
  userIds: 'user_id',
  teamIds: 'team_id',
  organizationIds: 'organization_id',
} as const;

const filterColumns = {
  key: 'key_id',
  user: 'user_id',
  team: 'team_id',
  organization: 'organization_id',
  tool: 'tool',
  upstream: 'upstream',
} as const;

/** The rows of the audit trail. */
@Injectable()
export class AuditStore {
  constructor(private readonly database: DatabaseService) {}

  /** Rows whose id is there already are left as they are. */
  async insert(rows: readonly AuditRowJson[], timeoutMs: number): Promise<void> {
    const json = `[${rows.join(',')}]`;
    await this.database.execute(insertSql, json, { timeoutMs });
  }

  /** Newest first, `limit` rows after (older than) the id `after`. */
  async newest(
    filter: AuditFilter,
    visibility: AuditVisibility,
    limit: number,
    after: string | null,
  ): Promise<AuditTableRow[]> {
    const { sql, values } = newestSql(filter, visibility, limit, after);
    return this.database.run((prisma) => prisma.$queryRawUnsafe<AuditTableRow[]>(sql, ...values));
  }

  /** Oldest first, `limit` rows with an id greater than `after` or at least `from`. */
  async oldest(bound: { from: Date } | { after: string }, limit: number): Promise<AuditTableRow[]> {
    const [operator, id] = 'from' in bound ? ['>=', firstIdAt(bound.from)] : ['>', bound.after];
    const sql = `select ${columnNames.join(', ')} from audit_entries where id ${operator} $1::uuid order by id limit $2`;
    const ask = { timeoutMs: 30_000 };
    return this.database.run((prisma) => prisma.$queryRawUnsafe<AuditTableRow[]>(sql, id, limit), ask);
  }

  /** @returns how many rows went; fewer than `limit` when no more are older. */
  async deleteBefore(moment: Date, limit: number): Promise<number> {
    const id = firstIdAt(moment);
    return this.database.run((prisma) => prisma.$executeRawUnsafe(deleteSql, id, limit), {
      timeoutMs: 30_000,
    });
  }
}

/**
 * Each id that makes rows visible is a branch of its own that reads `limit` rows from the index of its column: the cost is
 * that of a page, not that of the rows that are visible. Many ids share a branch: planning takes time, too, though with
 * an id written out the planner knows how busy it is.
 */
export function newestSql(
  filter: AuditFilter,
  visibility: AuditVisibility,
  limit: number,
  after: string | null,
): { sql: string; values: unknown[] } {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const conditions: string[] = [];
  const { since, until, outcome } = filter;
  if (since !== undefined) conditions.push(`id >= ${parameter(firstIdAt(since))}::uuid`);
  if (until !== undefined) conditions.push(`id < ${parameter(firstIdAt(until))}::uuid`);
  if (after !== null) conditions.push(`id < ${parameter(after)}::uuid`);
  for (const [name, column] of Object.entries(filterColumns) as [keyof typeof filterColumns, string][]) {
    const value = filter[name];
    if (value !== undefined) conditions.push(`${column} = ${parameter(value)}`);
  }
  if (outcome !== undefined) conditions.push(`outcome = ${outcomeLiteral(outcome)}`);
  const columns = columnNames.join(', ');
  const page = (own: readonly string[]): string => {
    const all = [...own, ...conditions];
    const where = all.length === 0 ? '' : `where ${all.join(' and ')}`;
    return `select ${columns} from audit_entries ${where} order by id desc limit ${limit}`;
  };
  if (visibility.kind === 'all') return { sql: page([]), values };
  const entries = Object.entries(visibleColumns) as [keyof typeof visibleColumns, string][];
  const isRare = outcome !== undefined && outcome !== 'success';
  if (isRare && entries.some(([name]) => visibility[name].length > maxOwnBranches)) {
    // Few rows went wrong: looking through those is cheaper than through all rows of many ids.
    const own = entries.map(([name, column]) => `${column} = any(${parameter(visibility[name])}::text[])`);
    return { sql: page([`(${own.join(' or ')})`]), values };
  }
  const branches = entries.flatMap(([name, column]) => {
    const ids = visibility[name];
    if (ids.length === 0) return [];
    if (ids.length <= maxOwnBranches) return ids.map((id) => `(${page([`${column} = ${parameter(id)}`])})`);
    return [
      `select found.* from unnest(${parameter(ids)}::text[]) as visible (id)
       cross join lateral (${page([`${column} = visible.id`])}) as found`,
    ];
  });
  if (branches.length === 0) return { sql: page(['false']), values };
  const sql = `select distinct on (id) ${columns} from (${branches.join(' union all ')}) as seen
    order by id desc limit ${limit}`;
  return { sql, values };
}

/** Written out, so that the planner can prove that the index of what went wrong serves. */
function outcomeLiteral(outcome: AuditOutcome): string {
  if (!/^[a-z_]+$/.test(outcome)) throw new TypeError('An outcome is one of a closed list');
  return `'${outcome}'`;
}

import { Injectable } from '@nestjs/common';

import { DatabaseService } from '../database/database.service.js';
import { Prisma } from '../database/generated/client.js';

export const usageGroups = [
  'day',
  'key',
  'user',
  'team',
  'organization',
  'model',
  'upstream',
  'tool',
] as const;
export type UsageGroup = (typeof usageGroups)[number];

/** Whose usage the asking one may see: a row that belongs to any of these; `all` for administrators of the proxy. */
export type UsageVisibility =
  | { readonly kind: 'all' }
  | {
      readonly kind: 'some';
      readonly keyIds: readonly string[];
      readonly userIds: readonly string[];
      readonly teamIds: readonly string[];
      readonly organizationIds: readonly string[];
    };

export interface UsageFilter {
  /** First and last day, UTC, both included; only their date counts. */
  readonly since?: Date;
  readonly until?: Date;
  readonly keyId?: string;
  readonly userId?: string;
  readonly teamId?: string;
  readonly organizationId?: string;
  readonly model?: string;
  readonly upstream?: string;
  readonly tool?: string;
}

/** One line of `GET /v1/usage`; it has a member for every group asked for. */
export interface UsageRow {
  readonly day?: string;
  readonly key_id?: string;
  readonly user_id?: string | null;
  readonly team_id?: string | null;
  readonly organization_id?: string | null;
  readonly model?: string | null;
  readonly upstream?: string | null;
  readonly tool?: string | null;
  readonly calls: number;
  readonly failed_calls: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  /** US dollars. */
  readonly cost: number;
}

/** Column, and the member it is in an answer. Fixed texts: nothing a client says becomes SQL. */
const columns = {
  day: { sql: Prisma.sql`day`, member: 'day' },
  key: { sql: Prisma.sql`key_id`, member: 'key_id' },
  user: { sql: Prisma.sql`user_id`, member: 'user_id' },
  team: { sql: Prisma.sql`team_id`, member: 'team_id' },
  organization: { sql: Prisma.sql`organization_id`, member: 'organization_id' },
  model: { sql: Prisma.sql`model`, member: 'model' },
  upstream: { sql: Prisma.sql`upstream`, member: 'upstream' },
  tool: { sql: Prisma.sql`tool`, member: 'tool' },
} as const satisfies Record<UsageGroup, { sql: Prisma.Sql; member: keyof UsageRow }>;

/** Dollars without what adding up binary fractions leaves behind the twelfth place. */
const sums = Prisma.sql`
  coalesce(sum(calls), 0)::float8 AS calls, coalesce(sum(failed_calls), 0)::float8 AS failed_calls,
  coalesce(sum(prompt_tokens), 0)::float8 AS prompt_tokens,
  coalesce(sum(completion_tokens), 0)::float8 AS completion_tokens, round(coalesce(sum(cost), 0)::numeric, 12)::float8 AS cost`;

type RawRow = UsageRow & Readonly<Record<string, Date | string | number | null>>;

/** Reads usage, added up by what is asked for, within what the asking one may see. */
@Injectable()
export class UsageQuery {
  constructor(private readonly database: DatabaseService) {}

  /**
   * One page of rows, newest day first, then by name, and the sum of all pages.
   *
   * @param groups at least one
   * @param page from 1
   */
  async read(
    filter: UsageFilter,
    groups: readonly [UsageGroup, ...UsageGroup[]],
    visibility: UsageVisibility,
    page: { readonly number: number; readonly size: number },
  ): Promise<{ rows: UsageRow[]; total: UsageRow }> {
    const where = Prisma.join([...asked(filter), visible(visibility)], ' AND ');
    const by = [...new Set(groups)];
    const names = Prisma.join(by.map((group) => columns[group].sql));
    const order = Prisma.join(
      by.map((group) => (group === 'day' ? Prisma.sql`day DESC` : columns[group].sql)),
    );
    const rows = await this.database.run(
      (prisma) => prisma.$queryRaw<RawRow[]>`
        SELECT ${names}, ${sums} FROM usage_days WHERE ${where}
        GROUP BY ${names} ORDER BY ${order} LIMIT ${page.size} OFFSET ${(page.number - 1) * page.size}`,
    );
    const [total] = await this.database.run(
      (prisma) => prisma.$queryRaw<[RawRow]>`SELECT ${sums} FROM usage_days WHERE ${where}`,
    );
    return { rows: rows.map((row) => withNames(row, by)), total };
  }
}

function asked(filter: UsageFilter): Prisma.Sql[] {
  const { since, until } = filter;
  const equal: [Prisma.Sql, string | undefined][] = [
    [columns.key.sql, filter.keyId],
    [columns.user.sql, filter.userId],
    [columns.team.sql, filter.teamId],
    [columns.organization.sql, filter.organizationId],
    [columns.model.sql, filter.model],
    [columns.upstream.sql, filter.upstream],
    [columns.tool.sql, filter.tool],
  ];
  return [
    ...(since === undefined ? [] : [Prisma.sql`day >= ${dateOf(since)}::date`]),
    ...(until === undefined ? [] : [Prisma.sql`day <= ${dateOf(until)}::date`]),
    ...equal.flatMap(([column, value]) => (value === undefined ? [] : [Prisma.sql`${column} = ${value}`])),
  ];
}

function visible(visibility: UsageVisibility): Prisma.Sql {
  if (visibility.kind === 'all') return Prisma.sql`true`;
  const mine: [Prisma.Sql, readonly string[]][] = [
    [columns.key.sql, visibility.keyIds],
    [columns.user.sql, visibility.userIds],
    [columns.team.sql, visibility.teamIds],
    [columns.organization.sql, visibility.organizationIds],
  ];
  // An empty id is how a row says "none": it must never be how somebody sees all rows without a team.
  const any = mine.map(
    ([column, ids]) => Prisma.sql`${column} = ANY(${ids.filter((id) => id !== '')}::text[])`,
  );
  return Prisma.sql`(${Prisma.join(any, ' OR ')})`;
}

function withNames(row: RawRow, groups: readonly UsageGroup[]): UsageRow {
  const named = Object.fromEntries(
    groups.map((group) => [columns[group].member, shown(row[columns[group].member])]),
  );
  return { ...row, ...named };
}

function shown(value: Date | string | number | null | undefined): string | null {
  if (value instanceof Date) return dateOf(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

function dateOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

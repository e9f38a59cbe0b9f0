import { Injectable } from '@nestjs/common';

import { DatabaseService } from '../database/database.service.js';
import type { PrismaClient } from '../database/generated/client.js';
import { Prisma } from '../database/generated/client.js';
import type { UsageTotal } from './usage.js';

/** Usage by day, and what each key, user, team and organization has spent so far. */
@Injectable()
export class UsageStore {
  constructor(private readonly database: DatabaseService) {}

  /** Adds a batch, all or none. */
  async add(totals: readonly UsageTotal[]): Promise<void> {
    await this.database.run((prisma) =>
      prisma.$transaction([addDays(prisma, totals), ...addSpend(prisma, totals)]),
    );
  }
}

function addDays(prisma: PrismaClient, totals: readonly UsageTotal[]): Prisma.PrismaPromise<number> {
  // In the same order on every replica, so that two writing the same rows never wait for each other in a circle.
  const rows = [...totals].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const texts = (
    column: 'day' | 'keyId' | 'userId' | 'teamId' | 'organizationId' | 'model' | 'upstream' | 'tool',
  ) => rows.map((row) => row[column]);
  const counts = (column: 'calls' | 'failedCalls' | 'promptTokens' | 'completionTokens') =>
    rows.map((row) => String(Math.round(row[column])));
  return prisma.$executeRaw`
    INSERT INTO usage_days AS known (
      day, key_id, user_id, team_id, organization_id, model, upstream, tool,
      calls, failed_calls, prompt_tokens, completion_tokens, cost
    )
    SELECT * FROM unnest(
      ${texts('day')}::date[], ${texts('keyId')}::text[], ${texts('userId')}::text[], ${texts('teamId')}::text[],
      ${texts('organizationId')}::text[], ${texts('model')}::text[], ${texts('upstream')}::text[],
      ${texts('tool')}::text[], ${counts('calls')}::bigint[], ${counts('failedCalls')}::bigint[],
      ${counts('promptTokens')}::bigint[], ${counts('completionTokens')}::bigint[],
      ${rows.map(({ cost }) => cost)}::float8[]
    )
    ON CONFLICT (day, key_id, user_id, team_id, organization_id, model, upstream, tool) DO UPDATE SET
      calls = known.calls + excluded.calls,
      failed_calls = known.failed_calls + excluded.failed_calls,
      prompt_tokens = known.prompt_tokens + excluded.prompt_tokens,
      completion_tokens = known.completion_tokens + excluded.completion_tokens,
      cost = known.cost + excluded.cost`;
}

const spenders = [
  { table: Prisma.sql`virtual_keys`, id: Prisma.sql`key_id`, of: (row: UsageTotal) => row.keyId },
  { table: Prisma.sql`users`, id: Prisma.sql`user_id`, of: (row: UsageTotal) => row.userId },
  { table: Prisma.sql`teams`, id: Prisma.sql`team_id`, of: (row: UsageTotal) => row.teamId },
  {
    table: Prisma.sql`organizations`,
    id: Prisma.sql`organization_id`,
    of: (row: UsageTotal) => row.organizationId,
  },
];

/** `spend` of all who are concerned. Nothing else of the row changes, `updated_at` neither: nobody edited it. */
function addSpend(prisma: PrismaClient, totals: readonly UsageTotal[]): Prisma.PrismaPromise<number>[] {
  return spenders.flatMap(({ table, id, of }) => {
    const costs = new Map<string, number>();
    for (const total of totals) {
      const spender = of(total);
      if (spender !== '' && total.cost > 0) costs.set(spender, (costs.get(spender) ?? 0) + total.cost);
    }
    if (costs.size === 0) return [];
    return [
      prisma.$executeRaw`
        UPDATE ${table} SET spend = spend + batch.cost
        FROM unnest(${[...costs.keys()]}::text[], ${[...costs.values()]}::float8[]) AS batch (spender, cost)
        WHERE ${id} = batch.spender`,
    ];
  });
}

function sortKey(row: UsageTotal): string {
  const { day, keyId, userId, teamId, organizationId, model, upstream, tool } = row;
  return [day, keyId, userId, teamId, organizationId, model, upstream, tool].join('\n');
}

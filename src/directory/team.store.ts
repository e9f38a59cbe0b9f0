import { Injectable } from '@nestjs/common';

import { DatabaseService } from '../database/database.service.js';
import type { Prisma, Team as TeamRow } from '../database/generated/client.js';
import { carryBudget } from './carry-budget.store.js';
import { levelColumns, readLevel } from './level-columns.store.js';
import type { Patch } from './level.js';
import type { Membership } from './membership.js';
import { putOne } from './membership.store.js';
import type { Team, TeamFields } from './team.js';
import type { Page } from './virtual-key.js';

export interface TeamFilter {
  readonly id?: string | undefined;
  readonly alias?: string | undefined;
  readonly organizationId?: string | undefined;
  /** Teams this user is in. */
  readonly memberId?: string | undefined;
  /** Only these teams, and those of these organizations; undefined: all. */
  readonly visibleTo?:
    { readonly teamIds: readonly string[]; readonly organizationIds: readonly string[] } | undefined;
}

const newestFirst = [{ createdAt: 'desc' }, { id: 'desc' }] satisfies Prisma.TeamOrderByWithRelationInput[];

@Injectable()
export class TeamStore {
  constructor(private readonly database: DatabaseService) {}

  /** Together with its first members. */
  async insert(
    id: string,
    fields: Patch<TeamFields>,
    members: readonly Omit<Membership, 'groupId'>[],
    by: string | null,
  ): Promise<Team> {
    const data = { ...columns(fields, null), id, createdBy: by, updatedBy: by };
    return this.database.run((prisma) =>
      prisma.$transaction(async (transaction) => {
        const row = await transaction.team.create({ data });
        for (const member of members) await putOne(transaction, 'team', { ...member, groupId: id });
        return read(row);
      }),
    );
  }

  async find(id: string): Promise<Team | null> {
    const row = await this.database.run((prisma) => prisma.team.findUnique({ where: { id } }));
    return row === null ? null : read(row);
  }

  async findMany(ids: readonly string[]): Promise<Team[]> {
    const where = { id: { in: [...ids] } };
    return (await this.database.run((prisma) => prisma.team.findMany({ where, orderBy: newestFirst }))).map(
      read,
    );
  }

  /** See `VirtualKeyStore.change`. */
  async change(
    id: string,
    by: string | null,
    decide: (current: Team) => Patch<TeamFields>,
  ): Promise<{ before: Team; after: Team } | null> {
    return this.database.run((prisma) =>
      prisma.$transaction(async (transaction) => {
        await transaction.$queryRaw`SELECT 1 FROM "teams" WHERE "team_id" = ${id} FOR UPDATE`;
        const row = await transaction.team.findUnique({ where: { id } });
        if (row === null) return null;
        const before = read(row);
        const data = { ...columns(decide(before), before), updatedBy: by };
        const after = read(await transaction.team.update({ where: { id }, data }));
        await carryBudget(transaction, 'team', before, after);
        return { before, after };
      }),
    );
  }

  /** With all their keys. */
  async delete(ids: readonly string[]): Promise<void> {
    await this.database.run((prisma) => prisma.team.deleteMany({ where: { id: { in: [...ids] } } }));
  }

  async list(filter: TeamFilter, { page, size }: Page): Promise<{ items: Team[]; total: number }> {
    const where = whereOf(filter);
    return this.database.run(async (prisma) => {
      const rows = await prisma.team.findMany({
        where,
        orderBy: newestFirst,
        skip: (page - 1) * size,
        take: size,
      });
      return { items: rows.map(read), total: await prisma.team.count({ where }) };
    });
  }
}

function whereOf(filter: TeamFilter): Prisma.TeamWhereInput {
  const all: Prisma.TeamWhereInput[] = [];
  if (filter.visibleTo !== undefined) {
    const { teamIds, organizationIds } = filter.visibleTo;
    all.push({ OR: [{ id: { in: [...teamIds] } }, { organizationId: { in: [...organizationIds] } }] });
  }
  if (filter.id !== undefined) all.push({ id: filter.id });
  if (filter.alias !== undefined) all.push({ alias: filter.alias });
  if (filter.organizationId !== undefined) all.push({ organizationId: filter.organizationId });
  if (filter.memberId !== undefined) all.push({ members: { some: { userId: filter.memberId } } });
  return { AND: all };
}

function columns(patch: Patch<TeamFields>, before: Team | null) {
  return {
    ...levelColumns(patch, before),
    ...(patch.alias === undefined ? {} : { alias: patch.alias }),
    ...(patch.organizationId === undefined ? {} : { organizationId: patch.organizationId }),
  };
}

const read = (row: TeamRow): Team => ({
  ...readLevel(row),
  id: row.id,
  alias: row.alias,
  organizationId: row.organizationId,
});

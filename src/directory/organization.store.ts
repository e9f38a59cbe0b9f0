import { Injectable } from '@nestjs/common';

import { DatabaseService } from '../database/database.service.js';
import type { Organization as OrganizationRow, Prisma } from '../database/generated/client.js';
import { carryBudget } from './carry-budget.store.js';
import { levelColumns, readLevel } from './level-columns.store.js';
import type { Patch } from './level.js';
import type { Membership } from './membership.js';
import { putOne } from './membership.store.js';
import type { Organization, OrganizationFields } from './organization.js';
import type { Page } from './virtual-key.js';

const newestFirst = [
  { createdAt: 'desc' },
  { id: 'desc' },
] satisfies Prisma.OrganizationOrderByWithRelationInput[];

@Injectable()
export class OrganizationStore {
  constructor(private readonly database: DatabaseService) {}

  /** Together with its first members. */
  async insert(
    id: string,
    fields: Patch<OrganizationFields> & { readonly alias: string },
    members: readonly Omit<Membership, 'groupId'>[],
    by: string | null,
  ): Promise<Organization> {
    const data = { ...columns(fields, null), id, alias: fields.alias, createdBy: by, updatedBy: by };
    return this.database.run((prisma) =>
      prisma.$transaction(async (transaction) => {
        const row = await transaction.organization.create({ data });
        for (const member of members) await putOne(transaction, 'organization', { ...member, groupId: id });
        return read(row);
      }),
    );
  }

  async find(id: string): Promise<Organization | null> {
    const row = await this.database.run((prisma) => prisma.organization.findUnique({ where: { id } }));
    return row === null ? null : read(row);
  }

  /** See `VirtualKeyStore.change`. */
  async change(
    id: string,
    by: string | null,
    decide: (current: Organization) => Patch<OrganizationFields>,
  ): Promise<{ before: Organization; after: Organization } | null> {
    return this.database.run((prisma) =>
      prisma.$transaction(async (transaction) => {
        await transaction.$queryRaw`SELECT 1 FROM "organizations" WHERE "organization_id" = ${id} FOR UPDATE`;
        const row = await transaction.organization.findUnique({ where: { id } });
        if (row === null) return null;
        const before = read(row);
        const data = { ...columns(decide(before), before), updatedBy: by };
        const after = read(await transaction.organization.update({ where: { id }, data }));
        await carryBudget(transaction, 'organization', before, after);
        return { before, after };
      }),
    );
  }

  /** With its teams, and all their keys. */
  async delete(ids: readonly string[]): Promise<void> {
    await this.database.run((prisma) => prisma.organization.deleteMany({ where: { id: { in: [...ids] } } }));
  }

  /** `among`: only these; undefined: all. */
  async list(
    filter: {
      readonly id?: string | undefined;
      readonly alias?: string | undefined;
      readonly among?: readonly string[] | undefined;
    },
    { page, size }: Page,
  ): Promise<{ items: Organization[]; total: number }> {
    const all: Prisma.OrganizationWhereInput[] = [];
    if (filter.among !== undefined) all.push({ id: { in: [...filter.among] } });
    if (filter.id !== undefined) all.push({ id: filter.id });
    if (filter.alias !== undefined) all.push({ alias: filter.alias });
    const where = { AND: all };
    return this.database.run(async (prisma) => {
      const rows = await prisma.organization.findMany({
        where,
        orderBy: newestFirst,
        skip: (page - 1) * size,
        take: size,
      });
      return { items: rows.map(read), total: await prisma.organization.count({ where }) };
    });
  }
}

function columns(patch: Patch<OrganizationFields>, before: Organization | null) {
  return { ...levelColumns(patch, before), ...(patch.alias === undefined ? {} : { alias: patch.alias }) };
}

const read = (row: OrganizationRow): Organization => ({ ...readLevel(row), id: row.id, alias: row.alias });

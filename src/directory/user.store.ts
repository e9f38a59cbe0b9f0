import { Injectable } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import type { Role } from '../core/principal.js';
import { DatabaseService } from '../database/database.service.js';
import type { Prisma, User as UserRow } from '../database/generated/client.js';
import { carryBudget } from './carry-budget.store.js';
import { levelColumns, readLevel } from './level-columns.store.js';
import type { Patch } from './level.js';
import type { Membership } from './membership.js';
import { putOne, type GroupKind } from './membership.store.js';
import { normalizeName } from './normalize.js';
import type { User, UserFields } from './user.js';
import type { Page } from './virtual-key.js';

export interface UserFilter {
  readonly ids?: readonly string[] | undefined;
  readonly email?: string | undefined;
  readonly role?: Role | undefined;
  readonly teamId?: string | undefined;
  readonly organizationId?: string | undefined;
  /** Only this user, and those of these organizations; undefined: all. */
  readonly visibleTo?:
    { readonly userId: string | null; readonly organizationIds: readonly string[] } | undefined;
}

export type FirstMembership = Omit<Membership, 'userId'> & { readonly kind: GroupKind };

const newestFirst = [{ createdAt: 'desc' }, { id: 'desc' }] satisfies Prisma.UserOrderByWithRelationInput[];

@Injectable()
export class UserStore {
  constructor(private readonly database: DatabaseService) {}

  /** Together with the teams and organizations the user begins in. */
  async insert(
    id: string,
    fields: Patch<UserFields>,
    memberships: readonly FirstMembership[],
    by: string | null,
  ): Promise<User> {
    const data = { ...columns(fields, null), id, createdBy: by, updatedBy: by };
    return this.database.run((prisma) =>
      prisma.$transaction(async (transaction) => {
        const row = await transaction.user.create({ data });
        for (const { kind, groupId, role } of memberships) {
          await putOne(transaction, kind, { groupId, userId: id, role });
        }
        return read(row);
      }),
    );
  }

  async find(id: string): Promise<User | null> {
    const row = await this.database.run((prisma) => prisma.user.findUnique({ where: { id } }));
    return row === null ? null : read(row);
  }

  async findByEmail(email: string): Promise<User | null> {
    const where = { emailNormalized: normalizeName(email) };
    const row = await this.database.run((prisma) => prisma.user.findUnique({ where }));
    return row === null ? null : read(row);
  }

  async findMany(ids: readonly string[]): Promise<User[]> {
    const where = { id: { in: [...ids] } };
    return (await this.database.run((prisma) => prisma.user.findMany({ where }))).map(read);
  }

  /** See `VirtualKeyStore.change`. Throws CONFLICT when no proxy admin would be left. */
  async change(
    id: string,
    by: string | null,
    decide: (current: User) => Patch<UserFields>,
  ): Promise<{ before: User; after: User } | null> {
    return this.database.run((prisma) =>
      prisma.$transaction(async (transaction) => {
        const admins = await lockWithAdmins(transaction, [id]);
        const row = await transaction.user.findUnique({ where: { id } });
        if (row === null) return null;
        const before = read(row);
        const patch = decide(before);
        const losesAdmin = isAdmin(before) && !isAdmin({ ...before, ...definedOf(patch) });
        if (losesAdmin) requireAnotherAdmin(admins, [id]);
        const data = { ...columns(patch, before), updatedBy: by };
        const after = read(await transaction.user.update({ where: { id }, data }));
        await carryBudget(transaction, 'user', before, after);
        return { before, after };
      }),
    );
  }

  /** With all their keys. Throws CONFLICT when no proxy admin would be left. */
  async delete(ids: readonly string[]): Promise<void> {
    const where = { id: { in: [...ids] } };
    await this.database.run((prisma) =>
      prisma.$transaction(async (transaction) => {
        const admins = await lockWithAdmins(transaction, ids);
        if (admins.some((id) => ids.includes(id))) requireAnotherAdmin(admins, ids);
        await transaction.user.deleteMany({ where });
      }),
    );
  }

  async list(filter: UserFilter, { page, size }: Page): Promise<{ items: User[]; total: number }> {
    const where = whereOf(filter);
    return this.database.run(async (prisma) => {
      const rows = await prisma.user.findMany({
        where,
        orderBy: newestFirst,
        skip: (page - 1) * size,
        take: size,
      });
      return { items: rows.map(read), total: await prisma.user.count({ where }) };
    });
  }
}

const isAdmin = (user: { readonly role: Role; readonly blocked: boolean }): boolean =>
  user.role === 'proxy_admin' && !user.blocked;

function definedOf(patch: Patch<UserFields>): { role?: Role; blocked?: boolean } {
  return {
    ...(patch.role === undefined ? {} : { role: patch.role }),
    ...(patch.blocked === undefined ? {} : { blocked: patch.blocked }),
  };
}

/**
 * Locks these users and all proxy admins, always in the same order: two admins who remove each other at the same time
 * come one after the other. Returns the ids of the admins who are not blocked.
 */
async function lockWithAdmins(prisma: Prisma.TransactionClient, ids: readonly string[]): Promise<string[]> {
  const rows = await prisma.$queryRaw<{ id: string; isAdmin: boolean }[]>`
    SELECT "user_id" AS "id", "user_role" = 'proxy_admin' AND NOT "blocked" AS "isAdmin" FROM "users"
    WHERE "user_role" = 'proxy_admin' OR "user_id" = ANY(${[...ids]}::text[])
    ORDER BY "user_id" FOR UPDATE`;
  return rows.filter((row) => row.isAdmin).map(({ id }) => id);
}

function requireAnotherAdmin(admins: readonly string[], without: readonly string[]): void {
  if (admins.some((id) => !without.includes(id))) return;
  throw new GatewayError('CONFLICT', {
    message: 'This is the last proxy admin. Make another user proxy admin first.',
  });
}

function whereOf(filter: UserFilter): Prisma.UserWhereInput {
  const all: Prisma.UserWhereInput[] = [];
  if (filter.visibleTo !== undefined) {
    const { userId, organizationIds } = filter.visibleTo;
    const ways: Prisma.UserWhereInput[] = [
      { organizations: { some: { organizationId: { in: [...organizationIds] } } } },
    ];
    if (userId !== null) ways.push({ id: userId });
    all.push({ OR: ways });
  }
  if (filter.ids !== undefined) all.push({ id: { in: [...filter.ids] } });
  if (filter.email !== undefined) all.push({ emailNormalized: normalizeName(filter.email) });
  if (filter.role !== undefined) all.push({ role: filter.role });
  if (filter.teamId !== undefined) all.push({ teams: { some: { teamId: filter.teamId } } });
  if (filter.organizationId !== undefined) {
    all.push({ organizations: { some: { organizationId: filter.organizationId } } });
  }
  return { AND: all };
}

function columns(patch: Patch<UserFields>, before: User | null) {
  return {
    ...levelColumns(patch, before),
    ...(patch.email === undefined
      ? {}
      : { email: patch.email, emailNormalized: patch.email === null ? null : normalizeName(patch.email) }),
    ...(patch.alias === undefined ? {} : { alias: patch.alias }),
    ...(patch.role === undefined ? {} : { role: patch.role }),
  };
}

const read = (row: UserRow): User => ({
  ...readLevel(row),
  id: row.id,
  email: row.email,
  alias: row.alias,
  role: row.role,
});

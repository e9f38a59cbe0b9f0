import { Injectable } from '@nestjs/common';

import { DatabaseService } from '../database/database.service.js';
import type { Prisma } from '../database/generated/client.js';
import type { Membership, MembershipRole, MembershipsOfUser } from './membership.js';

export type GroupKind = 'team' | 'organization';

interface MembershipRow {
  readonly kind: GroupKind;
  readonly id: string;
  readonly role: MembershipRole;
}

/** Who is in which team and organization, and as what. */
@Injectable()
export class MembershipStore {
  constructor(private readonly database: DatabaseService) {}

  async ofUser(userId: string): Promise<MembershipsOfUser> {
    const rows = await this.database.run(
      (prisma) => prisma.$queryRaw<MembershipRow[]>`
        SELECT 'team' AS "kind", "team_id" AS "id", "role"::text FROM "team_memberships" WHERE "user_id" = ${userId}
        UNION ALL
        SELECT 'organization', "organization_id", "role"::text FROM "organization_memberships"
          WHERE "user_id" = ${userId}`,
    );
    const of = (kind: GroupKind): ReadonlyMap<string, MembershipRole> =>
      new Map(rows.filter((row) => row.kind === kind).map(({ id, role }) => [id, role]));
    return { teams: of('team'), organizations: of('organization') };
  }

  /** Members of each group, in the order in which they came. */
  async ofGroups(kind: GroupKind, groupIds: readonly string[]): Promise<readonly Membership[]> {
    const ids = [...groupIds];
    return this.database.run(async (prisma) => {
      if (kind === 'team') {
        const where = { teamId: { in: ids } };
        const rows = await prisma.teamMembership.findMany({
          where,
          orderBy: [{ createdAt: 'asc' }, { userId: 'asc' }],
        });
        return rows.map(({ teamId, userId, role }) => ({ groupId: teamId, userId, role }));
      }
      const where = { organizationId: { in: ids } };
      const rows = await prisma.organizationMembership.findMany({
        where,
        orderBy: [{ createdAt: 'asc' }, { userId: 'asc' }],
      });
      return rows.map(({ organizationId, userId, role }) => ({ groupId: organizationId, userId, role }));
    });
  }

  /** Adds members, or gives those who are there already their new role. All or none. */
  async put(kind: GroupKind, members: readonly Membership[]): Promise<void> {
    await this.database.run((prisma) =>
      prisma.$transaction(async (transaction) => {
        for (const member of members) await putOne(transaction, kind, member);
      }),
    );
  }

  /** Takes users out of a group; out of a team together with the keys they hold in it. */
  async remove(kind: GroupKind, groupId: string, userIds: readonly string[]): Promise<void> {
    const userId = { in: [...userIds] };
    await this.database.run((prisma) =>
      prisma.$transaction(async (transaction) => {
        if (kind === 'organization') {
          await transaction.organizationMembership.deleteMany({ where: { organizationId: groupId, userId } });
          return;
        }
        await transaction.teamMembership.deleteMany({ where: { teamId: groupId, userId } });
        await transaction.virtualKey.deleteMany({ where: { teamId: groupId, userId } });
      }),
    );
  }
}

export async function putOne(
  prisma: Prisma.TransactionClient,
  kind: GroupKind,
  { groupId, userId, role }: Membership,
): Promise<void> {
  if (kind === 'team') {
    await prisma.teamMembership.upsert({
      where: { teamId_userId: { teamId: groupId, userId } },
      create: { teamId: groupId, userId, role },
      update: { role },
    });
    return;
  }
  await prisma.organizationMembership.upsert({
    where: { organizationId_userId: { organizationId: groupId, userId } },
    create: { organizationId: groupId, userId, role },
    update: { role },
  });
}

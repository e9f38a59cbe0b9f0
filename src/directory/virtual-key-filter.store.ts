import type { Prisma, PrismaClient } from '../database/generated/client.js';
import { normalizeName } from './normalize.js';
import type { KeyOrder, VirtualKeyFilter, Visibility } from './virtual-key.js';

/** Teams of the organizations that a filter speaks of: their keys are found by team. */
export async function teamsUnder(prisma: PrismaClient, filter: VirtualKeyFilter): Promise<OrganizationTeams> {
  const asked = filter.organizationId === undefined ? [] : [filter.organizationId];
  const visible = filter.visibleTo?.organizationIds ?? [];
  const where = { organizationId: { in: [...asked, ...visible] } };
  const teams =
    asked.length + visible.length === 0
      ? []
      : await prisma.team.findMany({ where, select: { id: true, organizationId: true } });
  return (organizationIds) =>
    teams.filter((team) => organizationIds.includes(team.organizationId ?? '')).map(({ id }) => id);
}

type OrganizationTeams = (organizationIds: readonly string[]) => string[];

/** What has no value comes last; equal ones in the order of their ids, so that pages neither repeat nor skip. */
export function orderOf({ by, direction }: KeyOrder): Prisma.VirtualKeyOrderByWithRelationInput[] {
  const isNullable = by === 'alias' || by === 'expiresAt' || by === 'maxBudget';
  return [{ [by]: isNullable ? { sort: direction, nulls: 'last' } : direction }, { id: direction }];
}

export function whereOf(filter: VirtualKeyFilter, teamsOf: OrganizationTeams): Prisma.VirtualKeyWhereInput {
  const all: Prisma.VirtualKeyWhereInput[] = [];
  if (filter.visibleTo !== undefined) all.push({ OR: visible(filter.visibleTo, teamsOf) });
  if (filter.id !== undefined) all.push({ id: filter.id });
  if (filter.userId !== undefined) all.push({ OR: ofUser(filter.userId, filter) });
  if (filter.teamId !== undefined) all.push({ teamId: filter.teamId });
  if (filter.organizationId !== undefined)
    all.push({ OR: underOrganizations([filter.organizationId], teamsOf) });
  if (filter.alias !== undefined) all.push({ aliasNormalized: normalizeName(filter.alias) });
  return all.length === 0 ? {} : { AND: all };
}

function ofUser(
  userId: string,
  { orOfTeams = [], orCreatedByUser = false }: VirtualKeyFilter,
): Prisma.VirtualKeyWhereInput[] {
  const ways: Prisma.VirtualKeyWhereInput[] = [{ userId }];
  if (orOfTeams.length > 0) ways.push({ teamId: { in: [...orOfTeams] } });
  if (orCreatedByUser) ways.push({ createdBy: userId });
  return ways;
}

function visible(
  { keyId, userId, teamIds, organizationIds }: Visibility,
  teamsOf: OrganizationTeams,
): Prisma.VirtualKeyWhereInput[] {
  const ways: Prisma.VirtualKeyWhereInput[] = [{ id: keyId }];
  if (userId !== null) ways.push({ userId });
  if (teamIds.length > 0) ways.push({ teamId: { in: [...teamIds] } });
  if (organizationIds.length > 0) ways.push(...underOrganizations(organizationIds, teamsOf));
  return ways;
}

/** Under the team's organization, or directly where the team has none. */
function underOrganizations(
  ids: readonly string[],
  teamsOf: OrganizationTeams,
): Prisma.VirtualKeyWhereInput[] {
  const organizationId = { in: [...ids] };
  return [
    { teamId: { in: teamsOf(ids) } },
    { organizationId, OR: [{ teamId: null }, { team: { is: { organizationId: null } } }] },
  ];
}

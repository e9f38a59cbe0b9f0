import type { Principal } from '../core/principal.js';
import type { Relation } from './permission-table.js';

export type MembershipRole = 'admin' | 'user';

/** Who administers: a principal with the memberships of its user. */
export interface Caller {
  readonly principal: Principal;
  /** Team id to role. */
  readonly teams: ReadonlyMap<string, MembershipRole>;
  /** Organization id to role. */
  readonly organizations: ReadonlyMap<string, MembershipRole>;
}

/** What an administrative request is about, and to whom that belongs. Members left out do not apply. */
export interface Subject {
  readonly keyId?: string | undefined;
  readonly userId?: string | null | undefined;
  readonly teamId?: string | null | undefined;
  /** Of a key or team: the organization it is under. */
  readonly organizationId?: string | null | undefined;
  /** Of a user: every organization the user is in. */
  readonly organizationIds?: readonly string[] | undefined;
}

/** How a caller stands to a subject. Pure: all that was needed was read before. */
export function relationsOf(caller: Caller, subject: Subject): ReadonlySet<Relation> {
  const held = new Set<Relation>();
  const { principal } = caller;
  if (subject.keyId !== undefined && subject.keyId === principal.keyId) held.add('self');
  if (isSet(subject.userId) && subject.userId === principal.userId) held.add('owner');
  if (isSet(subject.teamId)) {
    const role = caller.teams.get(subject.teamId);
    if (role === 'admin') held.add('team_admin');
    if (role !== undefined || subject.teamId === principal.teamId) held.add('team_member');
  }
  if (isSet(subject.organizationId)) {
    const role = caller.organizations.get(subject.organizationId);
    if (role === 'admin') held.add('organization_admin');
    if (role !== undefined || subject.organizationId === principal.organizationId)
      held.add('organization_member');
  }
  const { organizationIds = [] } = subject;
  const administered = organizationIds.filter((id) => caller.organizations.get(id) === 'admin');
  if (administered.length > 0) {
    held.add('organization_admin');
    if (administered.length === organizationIds.length) held.add('sole_organization_admin');
  }
  return held;
}

const isSet = (id: string | null | undefined): id is string => id !== null && id !== undefined;

import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import type { MembershipsOfUser } from '../../directory/membership.js';
import { MembershipService } from '../../directory/membership.service.js';
import type { Organization } from '../../directory/organization.js';
import { OrganizationService } from '../../directory/organization.service.js';
import type { Team } from '../../directory/team.js';
import { TeamService } from '../../directory/team.service.js';
import type { User } from '../../directory/user.js';
import { UserService } from '../../directory/user.service.js';
import { may, notFound, foreignSubject } from '../../permissions/require-on.js';
import type { Caller } from '../../permissions/relation.js';

/** Whose a key is or is to be, by id. */
export interface HolderIds {
  readonly userId: string | null;
  readonly teamId: string | null;
  readonly organizationId: string | null;
}

/** Whose a key is: every level above the key itself. */
export interface KeyHolder {
  readonly user: User | null;
  /** Of `user`; none when there is no user. */
  readonly memberships: MembershipsOfUser | null;
  readonly team: Team | null;
  /** The team's organization, else the one the key names. */
  readonly organization: Organization | null;
}

/** Finds out whose a key is to be, as far as the caller may know. */
@Injectable()
export class KeyHolderService {
  constructor(
    private readonly users: UserService,
    private readonly teams: TeamService,
    private readonly organizations: OrganizationService,
    private readonly memberships: MembershipService,
  ) {}

  /**
   * Throws NOT_FOUND for a user, team or organization that is unknown or none of the caller's business, alike;
   * INVALID_REQUEST when the team is in another organization than the one named.
   */
  async find(caller: Caller, ids: HolderIds): Promise<KeyHolder> {
    const [team, named, user, memberships] = await Promise.all([
      ids.teamId === null ? null : this.teams.find(ids.teamId),
      ids.organizationId === null ? null : this.organizations.find(ids.organizationId),
      ids.userId === null ? null : this.users.find(ids.userId),
      ids.userId === null ? null : this.memberships.ofUser(ids.userId),
    ]);
    const holder = { user, memberships, team, organization: named };
    this.#requireTeam(caller, ids, holder);
    this.#requireOrganization(caller, ids, holder);
    this.#requireUser(caller, ids, holder);
    if (team?.organizationId === null || team?.organizationId === undefined) return holder;
    if (named !== null && named.id !== team.organizationId) {
      throw new GatewayError('INVALID_REQUEST', {
        param: 'organization_id',
        message: 'organization_id is not the organization of the team. Leave it out: the team decides.',
      });
    }
    return { ...holder, organization: named ?? (await this.organizations.find(team.organizationId)) };
  }

  #requireTeam(caller: Caller, { teamId }: HolderIds, { team }: KeyHolder): void {
    if (teamId === null) return;
    const wanted = { noun: 'Team', param: 'team_id' };
    if (team === null) throw notFound(wanted);
    if (!may(caller, 'teams.read', { teamId: team.id, organizationId: team.organizationId })) {
      throw notFound(wanted, foreignSubject);
    }
  }

  #requireOrganization(caller: Caller, { organizationId }: HolderIds, { organization }: KeyHolder): void {
    if (organizationId === null) return;
    const wanted = { noun: 'Organization', param: 'organization_id' };
    if (organization === null) throw notFound(wanted);
    if (!may(caller, 'organizations.read', { organizationId })) throw notFound(wanted, foreignSubject);
  }

  /** A team's administrator knows the users of the team, an organization's those of the organization. */
  #requireUser(caller: Caller, { userId }: HolderIds, { user, memberships, team }: KeyHolder): void {
    if (userId === null) return;
    const wanted = { noun: 'User', param: 'user_id' };
    if (user === null || memberships === null) throw notFound(wanted);
    if (may(caller, 'users.read', { userId, organizationIds: [...memberships.organizations.keys()] })) return;
    const isOfTeam = team !== null && memberships.teams.has(team.id);
    const subject = { teamId: team?.id, organizationId: team?.organizationId };
    if (isOfTeam && may(caller, 'teams.manage_members', subject)) return;
    throw notFound(wanted, foreignSubject);
  }
}

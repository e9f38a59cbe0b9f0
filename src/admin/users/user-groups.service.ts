import { Injectable } from '@nestjs/common';

import type { MembershipsOfUser } from '../../directory/membership.js';
import { OrganizationService } from '../../directory/organization.service.js';
import { TeamService } from '../../directory/team.service.js';
import type { FirstMembership } from '../../directory/user.store.js';
import type { Caller } from '../../permissions/relation.js';
import { requireOn } from '../../permissions/require-on.js';
import type { GrantedLevel } from '../grant-check.service.js';
import { wantedTeam } from '../teams/team-admin.service.js';
import type { NewUserBody } from '../wire/user-wire.js';

interface JoinedGroups {
  readonly memberships: readonly FirstMembership[];
  /** What holds for everything under the organizations among them. */
  readonly levels: readonly GrantedLevel[];
}

/** The teams and organizations of users. */
@Injectable()
export class UserGroups {
  constructor(
    private readonly teams: TeamService,
    private readonly organizations: OrganizationService,
  ) {}

  /** Throws NOT_FOUND, FORBIDDEN for groups the caller may not add members to. */
  async join(caller: Caller, { teams, organizations }: NewUserBody): Promise<JoinedGroups> {
    const memberships: FirstMembership[] = [];
    const levels: GrantedLevel[] = [];
    for (const id of new Set(organizations)) {
      const found = await this.organizations.find(id);
      const subject = found === null ? null : { organizationId: found.id };
      const named = { subject, noun: 'Organization', param: 'organizations' };
      requireOn(caller, 'organizations.manage_members', 'organizations.read', named);
      memberships.push({ kind: 'organization', groupId: id, role: 'user' });
      if (found !== null) levels.push({ kind: 'organization', id, fields: found });
    }
    for (const id of new Set(teams)) {
      requireOn(caller, 'teams.manage_members', 'teams.read', wantedTeam(await this.teams.find(id), 'teams'));
      memberships.push({ kind: 'team', groupId: id, role: 'user' });
    }
    return { memberships, levels };
  }

  /** The organizations a user is in. */
  async levelsOf({ organizations }: MembershipsOfUser): Promise<GrantedLevel[]> {
    const found = await Promise.all([...organizations.keys()].map((id) => this.organizations.find(id)));
    return found.flatMap((fields) =>
      fields === null ? [] : [{ kind: 'organization', id: fields.id, fields }],
    );
  }
}

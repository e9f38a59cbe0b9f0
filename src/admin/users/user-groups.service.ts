import { Injectable } from '@nestjs/common';

import { OrganizationService } from '../../directory/organization.service.js';
import { TeamService } from '../../directory/team.service.js';
import type { FirstMembership } from '../../directory/user.store.js';
import type { Caller } from '../../permissions/relation.js';
import { requireOn } from '../../permissions/require-on.js';
import { wantedTeam } from '../teams/team-admin.service.js';
import type { NewUserBody } from '../wire/user-wire.js';

/** The teams and organizations a new user begins in. */
@Injectable()
export class UserGroups {
  constructor(
    private readonly teams: TeamService,
    private readonly organizations: OrganizationService,
  ) {}

  /** Throws NOT_FOUND, FORBIDDEN for groups the caller may not add members to. */
  async join(caller: Caller, { teams, organizations }: NewUserBody): Promise<FirstMembership[]> {
    const joined: FirstMembership[] = [];
    for (const id of new Set(organizations)) {
      const found = await this.organizations.find(id);
      const subject = found === null ? null : { organizationId: found.id };
      const named = { subject, noun: 'Organization', param: 'organizations' };
      requireOn(caller, 'organizations.manage_members', 'organizations.read', named);
      joined.push({ kind: 'organization', groupId: id, role: 'user' });
    }
    for (const id of new Set(teams)) {
      requireOn(caller, 'teams.manage_members', 'teams.read', wantedTeam(await this.teams.find(id), 'teams'));
      joined.push({ kind: 'team', groupId: id, role: 'user' });
    }
    return joined;
  }
}

import { Injectable } from '@nestjs/common';

import type { Membership } from '../../directory/membership.js';
import { MembershipService } from '../../directory/membership.service.js';
import { TeamService } from '../../directory/team.service.js';
import { VirtualKeyService } from '../../directory/virtual-key.service.js';
import type { Caller } from '../../permissions/relation.js';
import type { AdminRequest } from '../admin-request.js';
import { administered, CallerService, seesEverything } from '../caller.service.js';
import { visibleKeys } from '../keys/key-query.service.js';
import { keyRow } from '../wire/key-wire.js';
import { teamRow, type TeamListQuery } from '../wire/team-wire.js';
import { TeamAdmin } from './team-admin.service.js';

/** A team's answer holds this many of its keys; `/key/list?team_id=` has them all. */
const keysShown = 100;

/** Looks at teams. */
@Injectable()
export class TeamQuery {
  constructor(
    private readonly callers: CallerService,
    private readonly admin: TeamAdmin,
    private readonly teams: TeamService,
    private readonly keys: VirtualKeyService,
    private readonly memberships: MembershipService,
  ) {}

  /** With those of its keys that the caller may see. Throws NOT_FOUND. */
  async info({ principal }: AdminRequest, teamId: string) {
    const caller = await this.callers.of(principal);
    const team = await this.admin.require(caller, 'teams.read', teamId);
    const filter = { teamId: team.id, visibleTo: visibleKeys(caller) };
    const { keys } = await this.keys.list(filter, { page: 1, size: keysShown });
    const members = await this.memberships.ofGroups('team', [team.id]);
    return {
      team_id: team.id,
      team_info: teamRow(team, members),
      keys: keys.map(keyRow),
      team_memberships: members.map(membershipRow),
    };
  }

  /** One page of the teams the caller may see; filters only narrow that. */
  async list({ principal }: AdminRequest, query: TeamListQuery) {
    const caller = await this.callers.of(principal);
    const filter = {
      id: query.team_id,
      alias: query.team_alias,
      organizationId: query.organization_id,
      memberId: query.user_id,
      visibleTo: visibleTeams(caller),
    };
    const { items } = await this.teams.list(filter, query);
    const members = await this.memberships.ofGroups(
      'team',
      items.map(({ id }) => id),
    );
    return items.map((team) => {
      const ofTeam = members.filter(({ groupId }) => groupId === team.id);
      return { ...teamRow(team, ofTeam), team_memberships: ofTeam.map(membershipRow) };
    });
  }
}

const membershipRow = ({ groupId, userId, role }: Membership) => ({
  team_id: groupId,
  user_id: userId,
  role,
});

/** undefined: every team. */
function visibleTeams(caller: Caller): { teamIds: string[]; organizationIds: string[] } | undefined {
  if (seesEverything(caller)) return undefined;
  const { teamId } = caller.principal;
  return {
    teamIds: [...caller.teams.keys(), ...(teamId === null ? [] : [teamId])],
    organizationIds: administered(caller.organizations),
  };
}

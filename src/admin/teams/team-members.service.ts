import { Injectable } from '@nestjs/common';

import type { MembershipRole } from '../../directory/membership.js';
import { MembershipService } from '../../directory/membership.service.js';
import type { User } from '../../directory/user.js';
import type { AdminRequest } from '../admin-request.js';
import { AdminChanges } from '../admin-changes.service.js';
import { MemberResolver } from '../members/member-resolver.service.js';
import type { MemberInput, Who } from '../wire/member-wire.js';
import { userRow } from '../wire/user-wire.js';
import { TeamAdmin } from './team-admin.service.js';

/** Who is in a team. */
@Injectable()
export class TeamMembers {
  constructor(
    private readonly changes: AdminChanges,
    private readonly teams: TeamAdmin,
    private readonly members: MemberResolver,
    private readonly memberships: MembershipService,
  ) {}

  /** All or none. Throws NOT_FOUND, FORBIDDEN. */
  add(request: AdminRequest, teamId: string, inputs: readonly MemberInput[]) {
    return this.changes.run(request, 'team.member_add', async ({ caller, note }) => {
      const team = await this.teams.require(caller, 'teams.manage_members', teamId, note);
      const group = { teamId: team.id, organizationId: team.organizationId };
      const users: User[] = [];
      const added = [];
      for (const input of inputs) {
        const user = await this.members.toAdd(caller, group, input);
        users.push(user);
        added.push({ groupId: team.id, userId: user.id, role: input.role });
      }
      await this.memberships.put('team', added);
      note.after = { members: added };
      return {
        ...(await this.teams.row(team)),
        updated_users: users.map(userRow),
        updated_team_memberships: added.map(({ userId, role }) => ({
          team_id: team.id,
          user_id: userId,
          role,
        })),
      };
    });
  }

  /** Throws NOT_FOUND for anybody who is no member, FORBIDDEN. */
  update(request: AdminRequest, teamId: string, who: Who, role: MembershipRole) {
    return this.changes.run(request, 'team.member_update', async ({ caller, note }) => {
      const team = await this.teams.require(caller, 'teams.manage_members', teamId, note);
      const user = await this.members.member('team', team.id, who);
      await this.memberships.put('team', [{ groupId: team.id, userId: user.id, role }]);
      note.after = { user_id: user.id, role };
      return { team_id: team.id, user_id: user.id, user_email: user.email, role };
    });
  }

  /** The keys a member holds in the team end with the membership. Throws NOT_FOUND, FORBIDDEN. */
  remove(request: AdminRequest, teamId: string, who: Who) {
    return this.changes.run(request, 'team.member_delete', async ({ caller, note }) => {
      const team = await this.teams.require(caller, 'teams.manage_members', teamId, note);
      const user = await this.members.member('team', team.id, who);
      await this.memberships.remove('team', team.id, [user.id]);
      note.before = { user_id: user.id };
      return this.teams.row(team);
    });
  }
}

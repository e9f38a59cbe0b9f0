import { Injectable } from '@nestjs/common';

import { emptyLevel } from '../../directory/level.js';
import type { Membership } from '../../directory/membership.js';
import { MembershipService } from '../../directory/membership.service.js';
import type { Organization } from '../../directory/organization.js';
import { OrganizationService } from '../../directory/organization.service.js';
import type { Team } from '../../directory/team.js';
import { TeamService } from '../../directory/team.service.js';
import type { Caller, Subject } from '../../permissions/relation.js';
import { forbidden, may, notFound, requireOn, type Wanted } from '../../permissions/require-on.js';
import type { AdminRequest } from '../admin-request.js';
import { AdminChanges, type ChangeNote } from '../admin-changes.service.js';
import { GrantCheck, type GrantedLevel } from '../grant-check.service.js';
import { MemberResolver } from '../members/member-resolver.service.js';
import { difference, patched } from '../wire/level-wire.js';
import { teamPatch, teamRow, type NewTeamBody, type UpdateTeamBody } from '../wire/team-wire.js';

interface TeamChange {
  readonly before: Team;
  readonly after: Team;
}

/** Creates, changes, blocks and ends teams. */
@Injectable()
export class TeamAdmin {
  constructor(
    private readonly teams: TeamService,
    private readonly organizations: OrganizationService,
    private readonly memberships: MembershipService,
    private readonly members: MemberResolver,
    private readonly grants: GrantCheck,
    private readonly changes: AdminChanges,
  ) {}

  /** Throws NOT_FOUND, FORBIDDEN, CONFLICT. */
  create(request: AdminRequest, body: NewTeamBody) {
    return this.changes.run(request, 'team.new', async ({ caller, by, note }) => {
      const organization = await this.#destination(caller, body.organization_id ?? null);
      const patch = teamPatch(body, null);
      const level = { kind: 'team', id: '', fields: patched(emptyLevel, patch) } as const;
      this.grants.requireLevels(caller, [...above(organization), level], body);
      const group = { teamId: null, organizationId: organization?.id ?? null };
      const members: Omit<Membership, 'groupId'>[] = [];
      for (const member of body.members_with_roles ?? []) {
        const user = await this.members.toAdd(caller, group, member);
        members.push({ userId: user.id, role: member.role });
      }
      const team = await this.teams.create(body.team_id ?? null, patch, members, by);
      const row = await this.row(team);
      note.target = { type: 'team', id: team.id };
      note.after = row;
      return { ...row, ...this.grants.warnings(caller, team) };
    });
  }

  /** Only the fields that were sent change. Throws NOT_FOUND, FORBIDDEN. */
  update(request: AdminRequest, body: UpdateTeamBody) {
    return this.changes.run(request, 'team.update', async ({ caller, by, note }) => {
      const team = await this.require(caller, 'teams.update', body.team_id, note);
      if (body.blocked !== undefined && (body.blocked ?? false) !== team.blocked)
        this.#requireBlocking(caller, team);
      const isMoved = body.organization_id !== undefined && body.organization_id !== team.organizationId;
      const organization = isMoved
        ? await this.#destination(caller, body.organization_id ?? null)
        : await this.#organizationOf(team);
      const isOwn = caller.teams.has(team.id) || caller.principal.teamId === team.id;
      const change = await this.teams.change(team.id, by, (current) => {
        const patch = teamPatch(body, current);
        const level = { kind: 'team', id: team.id, isOwn, above: above(organization), sent: body } as const;
        this.grants.requireChange(caller, level, current, patched(current, patch));
        return patch;
      });
      const { after } = noted(note, change);
      return { team_id: team.id, data: await this.row(after), ...this.grants.warnings(caller, after, body) };
    });
  }

  setBlocked(request: AdminRequest, teamId: string, blocked: boolean) {
    return this.changes.run(
      request,
      blocked ? 'team.block' : 'team.unblock',
      async ({ caller, by, note }) => {
        const team = await this.require(caller, 'teams.block', teamId, note);
        const { after } = noted(note, await this.teams.change(team.id, by, () => ({ blocked })));
        return this.row(after);
      },
    );
  }

  /** All or, when one of them cannot be deleted, none. Their keys end with them. */
  delete(request: AdminRequest, teamIds: readonly string[]) {
    return this.changes.run(request, 'team.delete', async ({ caller, note }) => {
      const found = await this.teams.findMany(teamIds);
      const ids = found.map(({ id }) => id);
      note.target = { type: 'team', id: ids.join(',') };
      for (const id of teamIds) {
        requireOn(
          caller,
          'teams.delete',
          'teams.read',
          wantedTeam(
            found.find((team) => team.id === id),
            'team_ids',
          ),
        );
      }
      note.before = { teams: found.map((team) => teamRow(team, [])) };
      await this.teams.delete(ids);
      return { deleted_teams: ids };
    });
  }

  /** A team that the caller may do this to. Throws NOT_FOUND, FORBIDDEN. */
  async require(
    caller: Caller,
    permission: 'teams.read' | 'teams.update' | 'teams.block' | 'teams.manage_members',
    teamId: string,
    note?: ChangeNote,
  ): Promise<Team> {
    const team = await this.teams.find(teamId);
    if (note !== undefined && team !== null) note.target = { type: 'team', id: team.id };
    requireOn(caller, permission, 'teams.read', wantedTeam(team));
    if (team === null) throw notFound({ noun: 'Team', param: 'team_id' });
    return team;
  }

  async row(team: Team) {
    return teamRow(team, await this.memberships.ofGroups('team', [team.id]));
  }

  /** Where a team is to be. Throws NOT_FOUND for an organization the caller may know nothing of. */
  async #destination(caller: Caller, organizationId: string | null): Promise<Organization | null> {
    const organization = organizationId === null ? null : await this.organizations.find(organizationId);
    if (organizationId !== null) {
      const subject = organization === null ? null : { organizationId };
      requireOn(caller, 'teams.create', 'organizations.read', {
        subject,
        noun: 'Organization',
        param: 'organization_id',
      });
    } else if (!may(caller, 'teams.create', {})) {
      throw forbidden('teams.create', 'You may have teams only in an organization you administer');
    }
    return organization;
  }

  async #organizationOf({ organizationId }: Team): Promise<Organization | null> {
    return organizationId === null ? null : this.organizations.find(organizationId);
  }

  #requireBlocking(caller: Caller, team: Team): void {
    if (!may(caller, 'teams.block', subjectOf(team))) throw forbidden('teams.block');
  }
}

/** Takes down what changed. Throws NOT_FOUND when the team went away in the meantime. */
function noted(note: ChangeNote, change: TeamChange | null): TeamChange {
  if (change === null) throw notFound({ noun: 'Team', param: 'team_id' });
  Object.assign(note, difference(teamRow(change.before, []), teamRow(change.after, [])));
  return change;
}

const subjectOf = (team: Team): Subject => ({ teamId: team.id, organizationId: team.organizationId });

export const wantedTeam = (team: Team | null | undefined, param = 'team_id'): Wanted => ({
  subject: team === null || team === undefined ? null : subjectOf(team),
  noun: 'Team',
  param,
});

const above = (organization: Organization | null): GrantedLevel[] =>
  organization === null ? [] : [{ kind: 'organization', id: organization.id, fields: organization }];

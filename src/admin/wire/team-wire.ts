import { z } from 'zod';

import type { Patch } from '../../directory/level.js';
import type { Membership } from '../../directory/membership.js';
import type { Team, TeamFields } from '../../directory/team.js';
import { arrayPaging, id, idsOf, label, levelFields, lookup, plainData } from './fields.js';
import { levelPatch, levelRow } from './level-wire.js';
import { memberBodies, members } from './member-wire.js';

const teamFields = {
  ...levelFields,
  team_alias: label().nullish(),
  organization_id: id.nullish(),
  model_aliases: plainData.nullish(),
};

export const newTeamBody = z.strictObject({
  ...teamFields,
  team_id: id.nullish(),
  members_with_roles: members.nullish(),
});
export const updateTeamBody = z.strictObject({ ...teamFields, team_id: id });
export const teamBody = z.strictObject({ team_id: id });
export const deleteTeamsBody = z.strictObject({
  team_ids: idsOf('team'),
});
export const teamInfoQuery = z.strictObject({ team_id: lookup });
export const teamListQuery = z.strictObject({
  ...arrayPaging,
  user_id: lookup.optional(),
  organization_id: lookup.optional(),
  team_id: lookup.optional(),
  team_alias: lookup.optional(),
});
export const teamMemberBodies = memberBodies('team_id');

export type TeamInput = z.infer<z.ZodObject<typeof teamFields>>;
export type NewTeamBody = z.infer<typeof newTeamBody>;
export type UpdateTeamBody = z.infer<typeof updateTeamBody>;
export type TeamListQuery = z.infer<typeof teamListQuery>;

export function teamPatch(input: TeamInput, current: Team | null): Patch<TeamFields> {
  return {
    ...levelPatch({ ...input, aliases: input.model_aliases }, current),
    alias: input.team_alias,
    organizationId: input.organization_id,
  };
}

export function teamRow(team: Team, memberships: readonly Membership[]) {
  return {
    team_id: team.id,
    team_alias: team.alias,
    organization_id: team.organizationId,
    model_aliases: team.aliases,
    members_with_roles: memberRows(memberships),
    ...levelRow(team),
  };
}

/** Teams, each with those of `memberships` that are its own. */
export const teamRows = (teams: readonly Team[], memberships: readonly Membership[]) =>
  teams.map((team) =>
    teamRow(
      team,
      memberships.filter(({ groupId }) => groupId === team.id),
    ),
  );

export const memberRows = (memberships: readonly Membership[]) =>
  memberships.map(({ userId, role }) => ({ user_id: userId, role }));

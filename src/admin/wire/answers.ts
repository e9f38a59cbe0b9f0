import { z } from 'zod';

import { roles } from '../../core/principal.js';
import { objectPermission } from './fields.js';

/** What the administrative routes answer, as the description of the API has it: key, team, user, organization. */

const time = z.string().meta({ format: 'date-time' });
const limit = z.int().nullable();
const info = z.record(z.string(), z.unknown());
const role = z.enum(['admin', 'user']);

/** The fields all levels share. */
const level = {
  models: z.array(z.string()),
  object_permission: objectPermission.nullable(),
  rpm_limit: limit,
  tpm_limit: limit,
  max_parallel_requests: limit,
  mcp_rpm_limit: z.record(z.string(), z.int()).nullable(),
  mcp_calls_per_day: limit,
  max_budget: z.number().nullable(),
  budget_duration: z.string().nullable(),
  budget_reset_at: time.nullable(),
  spend: z.number(),
  metadata: info,
  tags: z.array(z.string()),
  blocked: z.boolean(),
  created_at: time,
  updated_at: time,
  created_by: z.string().nullable(),
  updated_by: z.string().nullable(),
};
const warnings = {
  warnings: z
    .array(z.string())
    .optional()
    .meta({ description: 'Names that grant nothing, because nothing is called so (yet).' }),
};
const members = z.array(z.object({ user_id: z.string(), role }));

const keyFields = {
  key_id: z.string().meta({ description: 'Stable, also when the key gets a new secret.' }),
  token: z.string().meta({ description: 'The key_id, under a name of LiteLLM.' }),
  token_id: z.string().meta({ description: 'The key_id, under a name of LiteLLM.' }),
  key_name: z.string().meta({ description: 'sk-...abcd' }),
  key_alias: z.string().nullable(),
  key_type: z.string(),
  allowed_routes: z.array(z.string()),
  user_id: z.string().nullable(),
  team_id: z.string().nullable(),
  organization_id: z.string().nullable(),
  expires: time.nullable(),
  aliases: info,
  config: info,
  permissions: info,
  litellm_budget_table: z.null(),
  ...level,
};
const key = z.object(keyFields).meta({ id: 'Key' });
const team = z
  .object({
    team_id: z.string(),
    team_alias: z.string().nullable(),
    organization_id: z.string().nullable(),
    model_aliases: info,
    members_with_roles: members,
    ...level,
  })
  .meta({ id: 'Team' });
const user = z
  .object({
    user_id: z.string(),
    user_email: z.string().nullable(),
    user_alias: z.string().nullable(),
    user_role: z.enum(roles),
    aliases: info,
    ...level,
  })
  .meta({ id: 'User' });
const organization = z
  .object({
    organization_id: z.string(),
    organization_alias: z.string(),
    model_aliases: info,
    members,
    ...level,
  })
  .meta({ id: 'Organization' });

const page = { total_count: z.int(), current_page: z.int(), total_pages: z.int() };
const ids = z.array(z.string());
const teamMembership = z.object({ team_id: z.string(), user_id: z.string(), role });
const organizationMembership = z.object({ organization_id: z.string(), user_id: z.string(), role });
const changedMember = { user_id: z.string(), user_email: z.string().nullable(), role };

const secret = z.string().meta({ description: 'The secret itself. No later answer holds it.' });
const issuedKey = z.object({ key: secret, ...keyFields, ...warnings });
const changedKey = z.object({
  key: z.string().meta({ description: 'The key_id.' }),
  ...keyFields,
  ...warnings,
});

export const keyAnswers = {
  issued: issuedKey,
  changed: changedKey,
  info: z.object({ key: z.string().meta({ description: 'The key_id.' }), info: key }),
  list: z.object({
    keys: z.array(z.union([z.string(), key])).meta({
      description: 'The key_id of each; the whole rows with return_full_object=true.',
    }),
    ...page,
  }),
  deleted: z.object({ deleted_keys: ids }),
};

export const teamAnswers = {
  team: team.extend(warnings),
  updated: z.object({ team_id: z.string(), data: team, ...warnings }),
  info: z.object({
    team_id: z.string(),
    team_info: team,
    keys: z.array(key),
    team_memberships: z.array(teamMembership),
  }),
  list: z.array(team.extend({ team_memberships: z.array(teamMembership) })),
  deleted: z.object({ deleted_teams: ids }),
  membersAdded: team.extend({
    updated_users: z.array(user),
    updated_team_memberships: z.array(teamMembership),
  }),
  memberChanged: z.object({ team_id: z.string(), ...changedMember }),
};

export const userAnswers = {
  created: user.extend({
    teams: ids,
    organizations: ids,
    ...warnings,
    key: secret.optional(),
    key_id: z.string().optional(),
    token: z.string().optional(),
    token_id: z.string().optional(),
    key_name: z.string().optional(),
    key_alias: z.string().nullish(),
    expires: time.nullish(),
  }),
  updated: z.object({ user_id: z.string(), data: user, ...warnings }),
  info: z.object({
    user_id: z.string(),
    user_info: user.extend({
      organizations: z.array(z.object({ organization_id: z.string(), role })),
    }),
    keys: z.array(key),
    teams: z.array(team),
  }),
  list: z.object({
    users: z.array(user),
    ...page,
    total: z.int(),
    page: z.int(),
    page_size: z.int(),
  }),
  deleted: z.object({ deleted_users: ids }),
};

export const organizationAnswers = {
  organization: organization.extend(warnings),
  info: organization.extend({ teams: z.array(team) }),
  list: z.array(organization),
  deleted: z.object({ deleted_organizations: ids }),
  membersAdded: z.object({
    organization_id: z.string(),
    updated_users: z.array(user),
    updated_organization_memberships: z.array(organizationMembership),
  }),
  memberChanged: z.object({ organization_id: z.string(), ...changedMember }),
  memberRemoved: z.object({ organization_id: z.string(), user_id: z.string() }),
};

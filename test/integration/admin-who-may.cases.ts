/**
 * Who may do what, by route and caller: the status each gets. A product person can read it, and the suite runs it.
 *
 * Organization `G` has team `T`. The key asked about is in team T and belongs to user `member`.
 */
export const callers = [
  'proxy_admin', // a user with that role
  'proxy_viewer', // proxy_admin_viewer
  'org_admin', // internal_user, admin of organization G
  'team_admin', // internal_user, admin of team T, in no organization
  'member', // internal_user, in G and T, owner of the key
  'viewer', // internal_user_viewer, in G and T
  'stranger', // internal_user, in other groups
  'service', // a key of team T without a user
] as const;
export type CallerName = (typeof callers)[number];

export interface WhoMayCase {
  readonly route: string;
  readonly what: string;
  /** `{key}`, `{team}`, `{user}`, `{organization}`, `{toolset}` stand for ids made for the case, `{new}` for a new member's, `{fresh}` for a name nobody has. */
  readonly query?: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** In the order of `callers`. */
  readonly expected: readonly number[];
}

// prettier-ignore
export const whoMayCases: readonly WhoMayCase[] = [
  // ---------------------------------------------------------------- p_admin viewer org  team  memb  view  stra  serv
  { route: 'GET /key/info', what: "a member's key", query: 'key={key}', expected: [200, 200, 200, 200, 200, 404, 404, 404] },
  { route: 'GET /key/info', what: 'its own', expected: [200, 200, 200, 200, 200, 200, 200, 200] },
  { route: 'GET /key/list', what: 'what it sees', expected: [200, 200, 200, 200, 200, 200, 200, 200] },
  { route: 'POST /key/generate', what: 'for itself', body: {}, expected: [200, 403, 200, 200, 200, 403, 200, 403] },
  { route: 'POST /key/generate', what: 'for a member in the team', body: { team_id: '{team}', user_id: '{user}' }, expected: [200, 403, 200, 200, 200, 403, 404, 404] },
  { route: 'POST /key/generate', what: 'for the team itself', body: { team_id: '{team}', user_id: null }, expected: [200, 403, 200, 200, 403, 403, 404, 403] },
  { route: 'POST /key/generate', what: 'for nobody', body: { user_id: null }, expected: [200, 403, 403, 403, 403, 403, 403, 403] },
  { route: 'POST /key/update', what: 'metadata', body: { key: '{key}', metadata: { a: 1 } }, expected: [200, 403, 200, 200, 200, 403, 404, 404] },
  { route: 'POST /key/delete', what: 'a key', body: { keys: ['{key}'] }, expected: [200, 403, 200, 200, 200, 403, 404, 404] },
  { route: 'POST /key/block', what: 'a key', body: { key: '{key}' }, expected: [200, 403, 200, 200, 200, 403, 404, 404] },
  { route: 'POST /key/unblock', what: 'a key', body: { key: '{key}' }, expected: [200, 403, 200, 200, 403, 403, 404, 404] },
  { route: 'POST /key/regenerate', what: 'a key', body: { key: '{key}' }, expected: [200, 403, 200, 200, 200, 403, 404, 404] },
  { route: 'POST /key/{key}/regenerate', what: 'a key', body: {}, expected: [200, 403, 200, 200, 200, 403, 404, 404] },

  { route: 'GET /team/info', what: 'the team', query: 'team_id={team}', expected: [200, 200, 200, 200, 200, 200, 404, 200] },
  { route: 'GET /team/list', what: 'what it sees', expected: [200, 200, 200, 200, 200, 200, 200, 200] },
  { route: 'POST /team/new', what: 'in the organization', body: { organization_id: '{organization}' }, expected: [200, 403, 200, 404, 403, 403, 404, 403] },
  { route: 'POST /team/new', what: 'in no organization', body: {}, expected: [200, 403, 403, 403, 403, 403, 403, 403] },
  { route: 'POST /team/update', what: 'alias', body: { team_id: '{team}', team_alias: 'x' }, expected: [200, 403, 200, 200, 403, 403, 404, 403] },
  { route: 'POST /team/update', what: 'raise its limit', body: { team_id: '{team}', rpm_limit: 500 }, expected: [200, 403, 200, 403, 403, 403, 404, 403] },
  { route: 'POST /team/update', what: 'lower its limit', body: { team_id: '{team}', rpm_limit: 50 }, expected: [200, 403, 200, 200, 403, 403, 404, 403] },
  { route: 'POST /team/update', what: 'out of the organization', body: { team_id: '{team}', organization_id: null }, expected: [200, 403, 403, 403, 403, 403, 404, 403] },
  { route: 'POST /team/delete', what: 'the team', body: { team_ids: ['{team}'] }, expected: [200, 403, 200, 403, 403, 403, 404, 403] },
  { route: 'POST /team/block', what: 'the team', body: { team_id: '{team}' }, expected: [200, 403, 200, 403, 403, 403, 404, 403] },
  { route: 'POST /team/unblock', what: 'the team', body: { team_id: '{team}' }, expected: [200, 403, 200, 403, 403, 403, 404, 403] },
  { route: 'POST /team/member_add', what: 'a user of the organization', body: { team_id: '{team}', member: { user_id: '{new}', role: 'user' } }, expected: [200, 403, 200, 200, 403, 403, 404, 403] },
  { route: 'POST /team/member_update', what: 'make an admin', body: { team_id: '{team}', user_id: '{user}', role: 'admin' }, expected: [200, 403, 200, 200, 403, 403, 404, 403] },
  { route: 'POST /team/member_delete', what: 'a member', body: { team_id: '{team}', user_id: '{user}' }, expected: [200, 403, 200, 200, 403, 403, 404, 403] },

  { route: 'GET /user/info', what: 'a member', query: 'user_id={user}', expected: [200, 200, 200, 404, 200, 404, 404, 404] },
  { route: 'GET /user/list', what: 'what it sees', expected: [200, 200, 200, 200, 200, 200, 200, 200] },
  { route: 'POST /user/new', what: 'in the organization', body: { organizations: ['{organization}'] }, expected: [200, 403, 200, 404, 403, 403, 404, 403] },
  { route: 'POST /user/new', what: 'in no organization', body: {}, expected: [200, 403, 403, 403, 403, 403, 403, 403] },
  { route: 'POST /user/new', what: 'a proxy admin', body: { organizations: ['{organization}'], user_role: 'proxy_admin' }, expected: [200, 403, 403, 404, 403, 403, 404, 403] },
  { route: 'POST /user/update', what: 'alias', body: { user_id: '{user}', user_alias: 'x' }, expected: [200, 403, 200, 404, 200, 403, 404, 404] },
  { route: 'POST /user/update', what: 'raise the budget', body: { user_id: '{user}', max_budget: 500 }, expected: [200, 403, 200, 404, 403, 403, 404, 404] },
  { route: 'POST /user/update', what: 'raise the role', body: { user_id: '{user}', user_role: 'proxy_admin' }, expected: [200, 403, 403, 404, 403, 403, 404, 404] },
  { route: 'POST /user/delete', what: 'a member', body: { user_ids: ['{user}'] }, expected: [200, 403, 200, 404, 403, 403, 404, 404] },

  { route: 'GET /organization/info', what: 'the organization', query: 'organization_id={organization}', expected: [200, 200, 200, 404, 200, 200, 404, 200] },
  { route: 'GET /organization/list', what: 'what it sees', expected: [200, 200, 200, 200, 200, 200, 200, 200] },
  { route: 'POST /organization/new', what: 'one', body: { organization_alias: 'x' }, expected: [200, 403, 403, 403, 403, 403, 403, 403] },
  { route: 'PATCH /organization/update', what: 'alias', body: { organization_id: '{organization}', organization_alias: 'x' }, expected: [200, 403, 200, 404, 403, 403, 404, 403] },
  { route: 'POST /organization/update', what: 'raise the budget', body: { organization_id: '{organization}', max_budget: 5000 }, expected: [200, 403, 403, 404, 403, 403, 404, 403] },
  { route: 'DELETE /organization/delete', what: 'it', body: { organization_ids: ['{organization}'] }, expected: [200, 403, 403, 403, 403, 403, 403, 403] },
  { route: 'POST /organization/delete', what: 'it', body: { organization_ids: ['{organization}'] }, expected: [200, 403, 403, 403, 403, 403, 403, 403] },
  { route: 'POST /organization/member_add', what: 'a user of the team', body: { organization_id: '{organization}', member: { user_id: '{user}', role: 'admin' } }, expected: [200, 403, 200, 404, 403, 403, 404, 403] },
  { route: 'PATCH /organization/member_update', what: 'make an admin', body: { organization_id: '{organization}', user_id: '{user}', role: 'admin' }, expected: [200, 403, 200, 404, 403, 403, 404, 403] },
  { route: 'POST /organization/member_update', what: 'make an admin', body: { organization_id: '{organization}', user_id: '{user}', role: 'admin' }, expected: [200, 403, 200, 404, 403, 403, 404, 403] },
  { route: 'DELETE /organization/member_delete', what: 'a member', body: { organization_id: '{organization}', user_id: '{user}' }, expected: [200, 403, 200, 404, 403, 403, 404, 403] },
  { route: 'POST /organization/member_delete', what: 'a member', body: { organization_id: '{organization}', user_id: '{user}' }, expected: [200, 403, 200, 404, 403, 403, 404, 403] },

  { route: 'GET /v1/mcp/explain', what: 'its own key', query: 'tool=github__search', expected: [200, 200, 200, 200, 200, 200, 200, 200] },
  { route: 'GET /v1/mcp/explain', what: "a member's key", query: 'tool=github__search&key={key}', expected: [200, 200, 200, 200, 200, 404, 404, 404] },
  { route: 'GET /v1/mcp/access_groups', what: 'what it may use', expected: [200, 200, 200, 200, 200, 200, 200, 200] },
  { route: 'GET /v1/mcp/toolset', what: 'what it may use', expected: [200, 200, 200, 200, 200, 200, 200, 200] },
  { route: 'GET /v1/mcp/toolset/{toolset}', what: 'what it may use', expected: [200, 200, 200, 200, 200, 200, 200, 200] },
  { route: 'POST /v1/mcp/toolset', what: 'a new one', body: { toolset_name: '{fresh}', tools: [{ server_id: 'github', tool_name: 'search' }] }, expected: [201, 403, 403, 403, 403, 403, 403, 403] },
  { route: 'PUT /v1/mcp/toolset', what: 'description', body: { toolset_id: '{toolset}', description: 'x' }, expected: [202, 403, 403, 403, 403, 403, 403, 403] },
  { route: 'DELETE /v1/mcp/toolset/{toolset}', what: 'one', expected: [202, 403, 403, 403, 403, 403, 403, 403] },
  { route: 'GET /v1/usage', what: 'what it may see', expected: [200, 200, 200, 200, 200, 200, 200, 200] },
  { route: 'GET /v1/audit', what: 'rows it may see', expected: [200, 200, 200, 200, 200, 200, 200, 200] },
];

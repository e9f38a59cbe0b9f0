import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { startAdminApp, type AdminApp, type AnswerBody } from '../support/admin-app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

/** Nobody grants what they do not have, and nobody gives themselves more, by any field of any route. */
describe('what a creator may grant', () => {
  let database: TestDatabase;
  let admin: AdminApp;

  beforeAll(async () => {
    database = await createTestDatabase();
    admin = await startAdminApp(database.database);
  });
  beforeEach(() => database.clear());
  afterAll(async () => {
    await admin.close();
    await database.close();
  });

  const make = async (path: string, body: object): Promise<AnswerBody> => {
    const answer = await admin.post(path, body);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.body.error.message}`);
    return answer.body;
  };

  const everything = {
    models: ['gpt-4o', 'claude-*'],
    max_budget: 10,
    budget_duration: '30d',
    rpm_limit: 60,
    mcp_rpm_limit: { github: 5 },
    allowed_routes: ['/key/*', 'mcp_routes'],
    duration: '1d',
    object_permission: { mcp_servers: ['github'], mcp_denied_tools: ['github__delete_*'] },
  };

  /** A user whose key is limited in every way. */
  const limited = async (): Promise<AnswerBody> => {
    const user = await make('/user/new', { user_id: 'u', auto_create_key: false });
    return make('/key/generate', { ...everything, user_id: user.user_id });
  };

  it('is what the creator has', async () => {
    const { key } = await limited();
    const same = await admin.post('/key/generate', { ...everything, duration: '23h' }, key);
    expect(same.status).toBe(200);
    const narrower = {
      models: ['claude-3-haiku'],
      max_budget: 1,
      budget_duration: '60d',
      rpm_limit: 1,
      mcp_rpm_limit: { github: 1, jira: 1 },
      allowed_routes: ['/key/info', 'mcp_routes'],
      duration: '1h',
      object_permission: {
        mcp_tool_permissions: { github: ['search'] },
        mcp_denied_tools: ['github__delete_*', 'github__x'],
      },
    };
    expect((await admin.post('/key/generate', narrower, key)).status).toBe(200);
  });

  it.each<[string, object]>([
    ['models', { models: ['gpt-4o', 'gpt-5'] }],
    ['models', { models: null }],
    ['models', { models: ['*'] }],
    ['models', { models: ['claude*'] }],
    ['max_budget', { max_budget: 10.01 }],
    ['max_budget', { max_budget: null }],
    ['max_budget', { budget_duration: '1d' }],
    ['rpm_limit', { rpm_limit: 61 }],
    ['rpm_limit', { rpm_limit: null }],
    ['mcp_rpm_limit', { mcp_rpm_limit: { github: 6 } }],
    ['mcp_rpm_limit', { mcp_rpm_limit: { jira: 1 } }],
    ['allowed_routes', { allowed_routes: [] }],
    ['allowed_routes', { allowed_routes: ['llm_api_routes'] }],
    ['allowed_routes', { allowed_routes: ['/*'] }],
    ['allowed_routes', { allowed_routes: null, key_type: 'management' }],
    ['duration', { duration: '2d' }],
    ['duration', { duration: null }],
    ['duration', { duration: '-1' }],
    ['object_permission', { object_permission: null }],
    ['object_permission', { object_permission: {} }],
    ['object_permission', { object_permission: { mcp_servers: ['github'] } }],
    [
      'object_permission',
      { object_permission: { mcp_servers: ['jira'], mcp_denied_tools: ['github__delete_*'] } },
    ],
    [
      'object_permission',
      { object_permission: { mcp_access_groups: ['engineering'], mcp_denied_tools: ['github__delete_*'] } },
    ],
  ])('is no more: %s with %j', async (param, change) => {
    const { key, key_id } = await limited();
    const issued = await admin.post('/key/generate', { ...everything, ...change }, key);
    expect([issued.status, issued.body.error.param]).toEqual([403, param]);

    const { key_id: other } = await make('/key/generate', { ...everything, user_id: 'u' });
    const empty = { object_permission: null, ...change };
    for (const target of [key_id, other]) {
      // An update merges the permission member by member; taken away first, it is what the case says.
      if ('object_permission' in change && change.object_permission !== null) continue;
      const updated = await admin.post(
        '/key/update',
        { key: target, ...('object_permission' in change ? empty : change) },
        key,
      );
      expect([target, updated.status, updated.body.error.param]).toEqual([target, 403, param]);
    }
  });

  it('is not another key of the same user that may more', async () => {
    const { key } = await limited();
    const strong = await make('/key/generate', { user_id: 'u' });
    const rotated = await admin.post('/key/regenerate', { key: strong.key_id }, key);
    expect(rotated.status).toBe(403);
    expect((await admin.get('/key/info', strong.key)).status).toBe(200);
  });

  it('is not a key of somebody who administers', async () => {
    const boss = await make('/user/new', { user_role: 'proxy_admin' });
    const team = await make('/team/new', {});
    const lead = await make('/user/new', { teams: [team.team_id] });
    const other = await make('/user/new', { teams: [team.team_id] });
    for (const user of [lead, boss]) {
      await make('/team/member_add', {
        team_id: team.team_id,
        member: { user_id: user.user_id, role: user === lead ? 'admin' : 'user' },
      });
    }
    const issue = (user_id: string) =>
      admin.post('/key/generate', { team_id: team.team_id, user_id }, lead.key);
    expect((await issue(other.user_id)).status).toBe(200);
    expect((await issue(boss.user_id)).status).toBe(403);
    const bossKey = await make('/key/generate', { team_id: team.team_id, user_id: boss.user_id });
    expect((await admin.post('/key/regenerate', { key: bossKey.key_id }, lead.key)).status).toBe(403);
    // Nor by moving a key whose secret is known to the one who may more.
    const own = await admin.post('/key/generate', { team_id: team.team_id }, lead.key);
    const moved = await admin.post('/key/update', { key: own.body.key_id, user_id: boss.user_id }, lead.key);
    expect(moved.status).toBe(403);
    // Somebody who administers another team is no key to hand out either.
    const elsewhere = await make('/team/new', {});
    await make('/team/member_add', {
      team_id: elsewhere.team_id,
      member: { user_id: other.user_id, role: 'admin' },
    });
    expect((await issue(other.user_id)).status).toBe(403);
  });

  it('does not escape the levels above by leaving them', async () => {
    const { organization_id } = await make('/organization/new', {
      organization_alias: 'o',
      object_permission: { mcp_servers: ['github'] },
      models: ['gpt-4o'],
    });
    const { team_id } = await make('/team/new', { organization_id, rpm_limit: 5 });
    const user = await make('/user/new', {
      teams: [team_id],
      organizations: [organization_id],
      auto_create_key: false,
    });
    const { key, key_id } = await make('/key/generate', { team_id, user_id: user.user_id });
    expect((await admin.post('/key/generate', {}, key)).status).toBe(403);
    expect((await admin.post('/key/update', { key: key_id, team_id: null }, key)).status).toBe(403);
    expect((await admin.post('/key/generate', { team_id }, key)).status).toBe(200);
    const { body } = await admin.post(
      '/key/generate',
      { models: ['gpt-4o'], rpm_limit: 5, object_permission: { mcp_servers: ['github'] } },
      key,
    );
    expect(body.error).toBeUndefined();
  });

  it('is written down as no more than there is above, and what is not theirs is as if it were not there', async () => {
    const { team_id } = await make('/team/new', {
      rpm_limit: 5,
      max_budget: 10,
      object_permission: { mcp_servers: ['github'] },
    });
    const { user_id } = await make('/user/new', { teams: [team_id], auto_create_key: false });
    const { key } = await make('/key/generate', { team_id, user_id });
    const { key_id } = await make('/key/generate', {
      team_id,
      user_id,
      rpm_limit: 1,
      max_budget: 1,
      budget_duration: '60d',
      object_permission: { mcp_servers: ['github'] },
    });
    const answers = [];
    for (const [param, fields] of [
      ['rpm_limit', { rpm_limit: 6 }],
      ['max_budget', { max_budget: 11, budget_duration: '60d' }],
      ['object_permission', { object_permission: { mcp_servers: ['github', 'jira'] } }],
      ['object_permission', { object_permission: { mcp_servers: ['github', 'nothing'] } }],
      ['object_permission', { object_permission: { mcp_tool_permissions: { jira: ['search'] } } }],
      ['object_permission', { object_permission: { mcp_access_groups: ['nothing'] } }],
    ] as const) {
      for (const [path, about] of [
        ['/key/generate', { team_id }],
        ['/key/update', { key: key_id }],
      ] as const) {
        const { status, body } = await admin.post(path, { ...about, ...fields }, key);
        expect([path, fields, status, body.error.param]).toEqual([path, fields, 403, param]);
        answers.push(body.error.message);
      }
    }
    expect(answers[4]?.replace('jira', 'x')).toBe(answers[6]?.replace('nothing', 'x'));
    const denying = (server: string) =>
      admin.post(
        '/key/generate',
        { team_id, object_permission: { mcp_denied_tools: [`${server}__x`] } },
        key,
      );
    for (const server of ['jira', 'nothing']) {
      expect((await denying(server)).body['warnings']).toEqual([
        `object_permission.mcp_denied_tools: "${server}__x" names nothing at present and denies nothing.`,
      ]);
    }
    expect((await denying('github')).body['warnings']).toBeUndefined();
    // What an administrator wrote down stays, and does not stand in the way of other changes.
    await make('/key/update', { key: key_id, rpm_limit: 100 });
    expect((await admin.post('/key/update', { key: key_id, max_budget: 2 }, key)).status).toBe(200);
  });

  it('lets an organization admin make users that stay under the organization', async () => {
    const { organization_id } = await make('/organization/new', {
      organization_alias: 'o',
      object_permission: { mcp_servers: ['github'] },
    });
    const boss = await make('/user/new', { auto_create_key: false });
    await make('/organization/member_add', {
      organization_id,
      member: { user_id: boss.user_id, role: 'admin' },
    });
    const { key } = await make('/key/generate', { user_id: boss.user_id, organization_id });
    const made = await admin.post('/user/new', { organizations: [organization_id] }, key);
    expect(made.status).toBe(200);
    const explained = await admin.get('/v1/mcp/explain?tool=payroll__pay', made.body.key);
    expect(explained.body).toMatchObject({ allowed: false, decided_by: { level: 'organization' } });
    expect((await admin.post('/key/generate', {}, made.body.key)).status).toBe(403);
  });

  it('never raises oneself', async () => {
    const user = await make('/user/new', { user_id: 'me', max_budget: 5, models: ['gpt-4o'] });
    const team = await make('/team/new', { max_budget: 50, rpm_limit: 10 });
    await make('/team/member_add', { team_id: team.team_id, member: { user_id: 'me', role: 'admin' } });
    const { key } = user;
    for (const body of [
      { max_budget: 6 },
      { max_budget: null },
      { models: null },
      { models: ['*'] },
      { user_role: 'proxy_admin' },
      { user_role: 'internal_user_viewer' },
      { blocked: true },
    ]) {
      expect([body, (await admin.post('/user/update', { user_id: 'me', ...body }, key)).status]).toEqual([
        body,
        403,
      ]);
    }
    expect((await admin.post('/user/update', { user_id: 'me', max_budget: 4 }, key)).status).toBe(200);
    for (const body of [
      { max_budget: 51 },
      { rpm_limit: null },
      { blocked: true },
      { organization_id: null },
    ]) {
      const { status } = await admin.post('/team/update', { team_id: team.team_id, ...body }, key);
      expect([body, status]).toEqual([body, 'organization_id' in body ? 200 : 403]);
    }
    const created = await admin.post('/team/new', {}, key);
    expect(created.status).toBe(403);
    expect((await admin.post('/user/new', { user_role: 'proxy_admin' }, key)).status).toBe(403);
  });

  it('leaves unblocking to administrators, and never to oneself', async () => {
    const { team_id } = await make('/team/new', {});
    const lead = await make('/user/new', {});
    await make('/team/member_add', { team_id, member: { user_id: lead.user_id, role: 'admin' } });
    const own = await make('/key/generate', { team_id, user_id: lead.user_id });
    await make('/key/block', { key: own.key_id });
    expect((await admin.post('/key/unblock', { key: own.key_id }, lead.key)).status).toBe(403);
    expect((await admin.post('/key/update', { key: own.key_id, blocked: false }, lead.key)).status).toBe(403);
    const teams = await make('/key/generate', { team_id });
    await make('/key/block', { key: teams.key_id });
    expect((await admin.post('/key/unblock', { key: teams.key_id }, lead.key)).status).toBe(200);
    const member = await make('/user/new', { teams: [team_id] });
    const theirs = await make('/key/generate', { user_id: member.user_id, blocked: true });
    expect((await admin.post('/key/update', { key: theirs.key_id, blocked: false }, member.key)).status).toBe(
      403,
    );
  });

  it('with closed default access, grants nothing to those who have nothing', async () => {
    const closed = await startAdminApp(database.database, { defaultAccess: 'none' });
    try {
      const { key } = await make('/user/new', {});
      const grant = { object_permission: { mcp_servers: ['github'] } };
      expect((await closed.post('/key/generate', grant, key)).status).toBe(403);
      expect((await closed.post('/key/generate', {}, key)).status).toBe(200);
    } finally {
      await closed.close();
    }
  });

  it('shows in lists what the caller may see, whatever is asked', async () => {
    const mine = await make('/user/new', { user_id: 'mine' });
    const other = await make('/user/new', { user_id: 'other' });
    await make('/team/new', { team_id: 'foreign' });
    await make('/organization/new', { organization_id: 'foreign', organization_alias: 'x' });
    for (const query of [
      '',
      `&user_id=other`,
      `&key_hash=${other.key_id}`,
      `&team_id=foreign`,
      '&size=100',
    ]) {
      const { body } = await admin.get(`/key/list?page=1${query}`, mine.key);
      expect(body.keys.filter((id) => id !== mine.key_id)).toEqual([]);
    }
    const users = await admin.get('/user/list?user_ids=mine,other', mine.key);
    expect(users.body['users']).toEqual([expect.objectContaining({ user_id: 'mine' })]);
    expect((await admin.get('/team/list?team_id=foreign', mine.key)).body).toEqual([]);
    expect((await admin.get('/team/list?user_id=other', mine.key)).body).toEqual([]);
    expect((await admin.get('/organization/list?organization_id=foreign', mine.key)).body).toEqual([]);
  });
});

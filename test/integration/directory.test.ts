import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { startAdminApp, type AdminApp, type AnswerBody, type Row } from '../support/admin-app.js';
import { testDatabases, type TestDatabase } from '../support/database.js';

describe.each(testDatabases)('organizations, teams and users on $kind', ({ create }) => {
  let database: TestDatabase;
  let admin: AdminApp;

  beforeAll(async () => {
    database = await create();
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
  const statusOf = async (key: string): Promise<number> => (await admin.get('/key/info', key)).status;

  describe('teams', () => {
    it('are made as in LiteLLM, and answer what was set', async () => {
      const fields = {
        team_alias: 'Payments 🤖',
        models: ['gpt-4o'],
        model_aliases: { fast: 'gpt-4o' },
        metadata: { cost_center: 12 },
        tags: ['a'],
        ...{ rpm_limit: 10, tpm_limit: 20, max_parallel_requests: 3, mcp_calls_per_day: 200 },
        ...{ max_budget: 12.5, budget_duration: '30d', mcp_rpm_limit: { github: 5 } },
        object_permission: { mcp_servers: ['github'] },
      };
      const made = await make('/team/new', { ...fields, team_id: 'payments' });
      expect(made).toMatchObject({ ...fields, team_id: 'payments', spend: 0, blocked: false });
      const { body } = await admin.get('/team/info?team_id=payments');
      expect(body).toMatchObject({ team_id: 'payments', team_info: fields, keys: [], team_memberships: [] });
      const duplicate = await admin.post('/team/new', { team_id: 'payments' });
      expect([duplicate.status, duplicate.body.error.param]).toEqual([409, 'team_id']);
    });

    it('change only what is sent, and null clears', async () => {
      await make('/team/new', {
        team_id: 't',
        rpm_limit: 5,
        metadata: { a: 1 },
        object_permission: { mcp_servers: [] },
      });
      const { body } = await admin.post('/team/update', { team_id: 't', rpm_limit: null, team_alias: 'x' });
      expect(body).toMatchObject({
        team_id: 't',
        data: {
          rpm_limit: null,
          team_alias: 'x',
          metadata: { a: 1 },
          object_permission: { mcp_servers: [] },
        },
      });
    });

    it('begin with members, who are created when a proxy admin names them first', async () => {
      const team = await make('/team/new', {
        members_with_roles: [
          { role: 'admin', user_id: 'ann' },
          { role: 'user', user_email: 'Bob@example.com' },
        ],
      });
      expect(team['members_with_roles']).toHaveLength(2);
      const { body } = await admin.get('/user/list?user_email=bob@EXAMPLE.com');
      expect(body['users']).toEqual([expect.objectContaining({ user_email: 'Bob@example.com' })]);
      expect((await admin.get('/user/info?user_id=ann')).body['teams']).toEqual([
        expect.objectContaining({ team_id: team.team_id, members_with_roles: team['members_with_roles'] }),
      ]);
    });

    it('take members in and let them go, with the keys they hold in the team', async () => {
      const { team_id } = await make('/team/new', {});
      await make('/user/new', { user_id: 'ann', auto_create_key: false });
      const added = await make('/team/member_add', {
        team_id,
        member: [{ user_id: 'ann', role: 'admin' }],
      });
      expect(added['updated_team_memberships']).toEqual([{ team_id, user_id: 'ann', role: 'admin' }]);
      const inTeam = await make('/key/generate', { team_id, user_id: 'ann' });
      const personal = await make('/key/generate', { user_id: 'ann' });
      await make('/team/member_update', { team_id, user_id: 'ann', role: 'user' });
      expect((await admin.get(`/team/info?team_id=${team_id}`)).body['team_memberships']).toEqual([
        { team_id, user_id: 'ann', role: 'user' },
      ]);
      expect(await statusOf(inTeam.key)).toBe(200);
      await make('/team/member_delete', { team_id, user_id: 'ann' });
      expect([await statusOf(inTeam.key), await statusOf(personal.key)]).toEqual([401, 200]);
      expect((await admin.post('/team/member_delete', { team_id, user_id: 'ann' })).status).toBe(404);
    });

    it('end with all their keys', async () => {
      const { team_id } = await make('/team/new', {});
      const { key } = await make('/key/generate', { team_id });
      expect(await statusOf(key)).toBe(200);
      const missing = await admin.post('/team/delete', { team_ids: [team_id, 'nope'] });
      expect(missing.status).toBe(404);
      expect(await statusOf(key)).toBe(200);
      expect((await make('/team/delete', { team_ids: [team_id] }))['deleted_teams']).toEqual([team_id]);
      expect(await statusOf(key)).toBe(401);
    });

    it('block all their keys and let them in again', async () => {
      const { team_id } = await make('/team/new', {});
      const { key } = await make('/key/generate', { team_id });
      await make('/team/block', { team_id });
      expect(await statusOf(key)).toBe(401);
      await make('/team/unblock', { team_id });
      expect(await statusOf(key)).toBe(200);
    });

    it.each([
      ['/team/update', {}, 422, 'team_id'],
      ['/team/delete', {}, 422, 'team_ids'],
      ['/team/delete', { team_ids: 'all' }, 400, 'team_ids'],
      ['/team/delete', { team_ids: { not: '' } }, 400, 'team_ids'],
      ['/team/delete', { team_ids: [{ not: '' }] }, 400, 'team_ids.0'],
      ['/team/block', {}, 422, 'team_id'],
      ['/team/member_add', { team_id: 't' }, 422, 'member'],
      ['/team/member_add', { team_id: 't', member: { role: 'user' } }, 422, 'member'],
      ['/team/member_add', { team_id: 't', member: { user_id: 'a', role: 'owner' } }, 400, 'member.role'],
      ['/team/new', { team_alias: ' x' }, 400, 'team_alias'],
      ['/team/new', { team_id: 'a b' }, 400, 'team_id'],
      ['/team/new', { organization_id: 'nope' }, 404, 'organization_id'],
      ['/team/new', { team_member_budget: 5 }, 400, 'team_member_budget'],
    ])('refuse %s %j', async (path, body, status, param) => {
      await make('/team/new', { team_id: 't' });
      const answer = await admin.post(path, body);
      expect([answer.status, answer.body.error.param]).toEqual([status, param]);
      expect((await admin.get('/team/list')).body).toHaveLength(1);
    });
  });

  describe('users', () => {
    it('are made with a first key unless that is not wanted', async () => {
      const user = await make('/user/new', {
        user_email: 'ann@example.com',
        user_alias: 'Ann',
        key_alias: 'first',
      });
      expect(user).toMatchObject({ user_role: 'internal_user', user_email: 'ann@example.com' });
      const { body } = await admin.get('/user/info', user.key);
      expect(body).toMatchObject({
        user_id: user.user_id,
        user_info: { user_alias: 'Ann' },
        keys: [{ key_id: user.key_id, key_alias: 'first' }],
        teams: [],
      });
      const keyless = await make('/user/new', { auto_create_key: false });
      expect(keyless.key).toBeUndefined();
    });

    it('leave nothing behind when their first key cannot be made', async () => {
      await make('/key/generate', { key_alias: 'taken' });
      const failed = await admin.post('/user/new', { user_id: 'half', key_alias: 'Taken' });
      expect(failed.status).toBe(409);
      expect((await admin.get('/user/info?user_id=half')).status).toBe(404);
    });

    it('have an address of their own, whatever its case', async () => {
      await make('/user/new', { user_email: 'ann@example.com' });
      const duplicate = await admin.post('/user/new', { user_email: 'ANN@example.com' });
      expect([duplicate.status, duplicate.body.error.param]).toEqual([409, 'user_email']);
    });

    it('end with all their keys', async () => {
      const user = await make('/user/new', {});
      expect(await statusOf(user.key)).toBe(200);
      await make('/user/delete', { user_ids: [user.user_id] });
      expect(await statusOf(user.key)).toBe(401);
      expect((await admin.post('/user/delete', { user_ids: [user.user_id] })).status).toBe(404);
      expect((await admin.post('/user/delete', {})).status).toBe(422);
    });

    it('always leave one proxy admin, whatever two admins try at the same time', async () => {
      const [first, second] = [
        await make('/user/new', { user_role: 'proxy_admin' }),
        await make('/user/new', { user_role: 'proxy_admin' }),
      ];
      const demote = (user_id: string) => admin.post('/user/update', { user_id, user_role: 'internal_user' });
      const both = await Promise.all([demote(first.user_id), demote(second.user_id)]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
      const last = both[0].status === 409 ? first : second;
      expect((await admin.post('/user/delete', { user_ids: [last.user_id] })).status).toBe(409);
      expect((await admin.post('/user/update', { user_id: last.user_id, blocked: true })).status).toBe(409);
      await make('/user/new', { user_role: 'proxy_admin' });
      expect((await admin.post('/user/delete', { user_ids: [last.user_id] })).status).toBe(200);
    });

    it('are listed in pages and by role', async () => {
      for (let i = 0; i < 3; i++) await make('/user/new', { user_id: `u${i}`, auto_create_key: false });
      const { body } = await admin.get('/user/list?size=2&role=internal_user');
      expect(body).toMatchObject({ total: 3, page: 1, page_size: 2, total_pages: 2, total_count: 3 });
      expect(body['users']).toHaveLength(2);
      expect((await admin.get('/user/list?role=root')).status).toBe(400);
    });
  });

  describe('organizations', () => {
    it('are made, changed by PATCH or POST, and ended with everything under them', async () => {
      const made = await make('/organization/new', { organization_alias: 'ACME', max_budget: 100 });
      const { organization_id } = made;
      const { team_id } = await make('/team/new', { organization_id });
      const inTeam = await make('/key/generate', { team_id });
      const direct = await make('/key/generate', { organization_id });
      expect(inTeam['organization_id']).toBe(organization_id);
      const patched = await admin.request('PATCH', '/organization/update', {
        organization_id,
        max_budget: 50,
      });
      expect(patched.body).toMatchObject({ organization_id, organization_alias: 'ACME', max_budget: 50 });
      const { body } = await admin.get(`/organization/info?organization_id=${organization_id}`);
      expect(body).toMatchObject({ members: [], teams: [{ team_id }] });
      const deleted = await admin.request('DELETE', '/organization/delete', {
        organization_ids: [organization_id],
      });
      expect(deleted.body).toEqual({ deleted_organizations: [organization_id] });
      for (const { key } of [inTeam, direct]) expect(await statusOf(key)).toBe(401);
      expect((await admin.get('/team/list')).body).toEqual([]);
    });

    it('have members, in LiteLLM role names too', async () => {
      const { organization_id } = await make('/organization/new', { organization_alias: 'ACME' });
      await make('/organization/member_add', {
        organization_id,
        member: { user_id: 'ann', role: 'org_admin' },
      });
      const members = async () =>
        (await admin.get(`/organization/info?organization_id=${organization_id}`)).body['members'];
      expect(await members()).toEqual([{ user_id: 'ann', role: 'admin' }]);
      await admin.request('PATCH', '/organization/member_update', {
        organization_id,
        user_id: 'ann',
        role: 'user',
      });
      expect(await members()).toEqual([{ user_id: 'ann', role: 'user' }]);
      await admin.request('DELETE', '/organization/member_delete', { organization_id, user_id: 'ann' });
      expect(await members()).toEqual([]);
    });

    it('hold what is under them, wherever a team moves', async () => {
      const [a, b] = [
        await make('/organization/new', {
          organization_alias: 'A',
          object_permission: { mcp_servers: ['github'] },
        }),
        await make('/organization/new', {
          organization_alias: 'B',
          object_permission: { mcp_servers: ['jira'] },
        }),
      ];
      const { team_id } = await make('/team/new', { organization_id: a.organization_id });
      const { key } = await make('/key/generate', { team_id, organization_id: a.organization_id });
      const may = async (tool: string): Promise<unknown> =>
        (await admin.get(`/v1/mcp/explain?tool=${tool}`, key)).body['allowed'];
      expect([await may('github__search'), await may('jira__search')]).toEqual([true, false]);
      await make('/team/update', { team_id, organization_id: b.organization_id });
      expect([await may('github__search'), await may('jira__search')]).toEqual([false, true]);
      const wrong = await admin.post('/key/generate', { team_id, organization_id: a.organization_id });
      expect([wrong.status, wrong.body.error.param]).toEqual([400, 'organization_id']);
    });
  });

  it('leaves a row in the trail for every change, done or denied, and no secret in it', async () => {
    const since = new Date().toISOString();
    const user = await make('/user/new', { user_id: 'ann' });
    const issued = await make('/key/generate', { rpm_limit: 5, metadata: { a: 1 } });
    await make('/key/update', { key: issued.key_id, rpm_limit: 6 });
    const regenerated = await make('/key/regenerate', { key: issued.key });
    await admin.post('/key/update', { key: issued.key_id, rpm_limit: 7 }, user.key);
    await admin.post('/key/update', { key: 'nobody', rpm_limit: 7 }, user.key);
    await admin.post('/organization/new', { organization_alias: 'x' }, user.key);
    await new Promise((resolve) => setTimeout(resolve, 700));

    const { body } = await admin.get(`/v1/audit?limit=100&since=${since}`);
    const rows = body.data.map((row) => ({
      method: row['method'],
      decision: row['decision'],
      outcome: row['outcome'],
      error_code: row['error_code'],
      about: (row['target'] as Row | undefined)?.['id'],
    }));
    const done = { decision: 'allowed', outcome: 'success', error_code: null };
    const denied = { decision: 'denied', outcome: 'denied' };
    const about = issued.key_id;
    expect(rows).toEqual([
      { method: 'organizations.create', ...denied, error_code: 'forbidden', about: undefined },
      {
        method: 'key.update',
        decision: 'allowed',
        outcome: 'error',
        error_code: 'not_found',
        about: undefined,
      },
      // To the caller the same as before: the trail knows that there is such a key, and which.
      { method: 'key.update', ...denied, error_code: 'not_found', about },
      { method: 'key.regenerate', ...done, about },
      { method: 'key.update', ...done, about },
      { method: 'key.generate', ...done, about },
      { method: 'user.new', ...done, about: 'ann' },
    ]);
    const update = body.data[4] as Row;
    expect(update).toMatchObject({ before: { rpm_limit: 5 }, after: { rpm_limit: 6 } });
    expect(JSON.stringify(body)).not.toContain(issued.key);
    expect(JSON.stringify(body)).not.toContain(regenerated.key);
    expect(JSON.stringify(body)).not.toContain(user.key);

    const own = await admin.get('/v1/audit', user.key);
    expect(own.body.data).toHaveLength(3);
    expect((await admin.get(`/v1/audit?key=${issued.key_id}`, user.key)).body.data).toEqual([]);
    const page = await admin.get('/v1/audit?limit=2&outcome=success');
    expect(page.body.data).toHaveLength(2);
    expect(page.body['next_cursor']).toEqual(expect.any(String));
    for (const query of ['limit=0', 'limit=101', 'since=yesterday', 'outcome=nice', 'cursor=x', 'wat=1']) {
      expect([query, (await admin.get(`/v1/audit?${query}`)).status]).toEqual([query, 400]);
    }
  });
});

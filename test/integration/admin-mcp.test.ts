import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { startAdminApp, type AdminApp, type AnswerBody } from '../support/admin-app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

describe('toolsets, access groups and explain', () => {
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
    if (answer.status > 201) throw new Error(`${path}: ${answer.body.error.message}`);
    return answer.body;
  };
  const explain = async (query: string, key?: string): Promise<AnswerBody> =>
    (await admin.get(`/v1/mcp/explain?${query}`, key)).body;

  describe('explain', () => {
    it('names the level and the rule that decided', async () => {
      const { organization_id } = await make('/organization/new', { organization_alias: 'o' });
      const { team_id } = await make('/team/new', {
        organization_id,
        object_permission: { mcp_access_groups: ['engineering'], mcp_denied_tools: ['*__delete_*'] },
      });
      const { key, key_id } = await make('/key/generate', {
        team_id,
        object_permission: { mcp_tool_permissions: { github: ['*'] } },
      });
      expect(await explain('tool=github__search', key)).toMatchObject({
        allowed: true,
        key_id,
        server: 'github',
        decided_by: { level: 'key', id: key_id, rule: 'mcp_tool_permissions' },
        upstream: { name: 'github', state: 'ready', tool_count: 2, last_failure: null },
      });
      expect(await explain('tool=github__delete_repo', key)).toMatchObject({
        allowed: false,
        decided_by: { level: 'team', id: team_id, rule: 'mcp_denied_tools' },
      });
      expect(await explain('tool=jira__search', key)).toMatchObject({
        allowed: false,
        decided_by: { level: 'key', id: key_id },
      });
      expect(await explain(`server=payroll&key=${key_id}`)).toMatchObject({
        allowed: false,
        decided_by: { level: 'team', id: team_id },
        upstream: { name: 'payroll', state: 'down', last_failure: { stage: 'connect', message: 'refused' } },
      });
      expect((await explain('tool=github__search', key))['levels']).toEqual([
        expect.objectContaining({ level: 'organization' }),
        expect.objectContaining({ level: 'team' }),
        expect.objectContaining({ level: 'key' }),
      ]);
    });

    it('says so when it is the key itself', async () => {
      const blocked = await make('/key/generate', { blocked: true });
      expect(await explain(`tool=github__search&key=${blocked.key_id}`)).toMatchObject({
        allowed: false,
        decided_by: { level: 'key', id: blocked.key_id, rule: 'blocked' },
      });
      const { team_id } = await make('/team/new', { blocked: true });
      const inTeam = await make('/key/generate', { team_id });
      expect(await explain(`tool=github__search&key=${inTeam.key_id}`)).toMatchObject({
        allowed: false,
        decided_by: { level: 'team', id: team_id, rule: 'blocked' },
      });
      const management = await make('/key/generate', { key_type: 'management' });
      expect(await explain(`tool=github__search&key=${management.key_id}`)).toMatchObject({
        allowed: false,
        decided_by: { rule: 'allowed_routes' },
      });
    });

    it('takes bare names where only one server has them', async () => {
      expect(await explain('tool=pay')).toMatchObject({
        allowed: true,
        server: 'payroll',
        decided_by: { level: 'master_key' },
      });
      expect(await explain('tool=search&server=jira')).toMatchObject({ allowed: true, server: 'jira' });
      const ambiguous = await admin.get('/v1/mcp/explain?tool=search');
      expect([ambiguous.status, ambiguous.body.error.code]).toEqual([400, 'ambiguous_tool_name']);
      expect(ambiguous.body.error.message).toContain('github__search, jira__search');
    });

    it('tells whoever may not use it nothing of what there is', async () => {
      const { key } = await make('/key/generate', { object_permission: { mcp_servers: ['github'] } });
      const [forbidden, unknown] = [
        await explain('tool=payroll__pay', key),
        await explain('tool=payroll__nope', key),
      ];
      expect(forbidden).toEqual({ ...unknown, tool: 'payroll__pay' });
      const [foreign, absent] = [await explain('server=payroll', key), await explain('server=nope', key)];
      expect(foreign).toEqual({ ...absent, server: 'payroll' });
    });

    it('asks for a tool or a server, and for one that is there', async () => {
      expect((await admin.get('/v1/mcp/explain')).status).toBe(422);
      expect((await admin.get('/v1/mcp/explain?tool=nope')).status).toBe(404);
      expect((await admin.get('/v1/mcp/explain?server=nope')).status).toBe(404);
      expect((await admin.get('/v1/mcp/explain?tool=github__search&key=nope')).status).toBe(404);
    });
  });

  describe('toolsets', () => {
    const reading = { toolset_name: 'reading', tools: [{ server_id: 'github', tool_name: 'search' }] };

    it('grant what they hold, as long as they hold it', async () => {
      const made = await make('/v1/mcp/toolset', reading);
      const { key } = await make('/key/generate', { object_permission: { mcp_toolsets: ['reading'] } });
      expect(await explain('tool=github__search', key)).toMatchObject({
        allowed: true,
        decided_by: { rule: 'mcp_toolsets' },
      });
      const changed = await admin.request('PUT', '/v1/mcp/toolset', {
        toolset_id: made['toolset_id'],
        tools: [{ server_id: 'jira', tool_name: 'search' }],
      });
      expect(changed.status).toBe(202);
      expect((await explain('tool=github__search', key))['allowed']).toBe(false);
      expect((await explain('tool=jira__search', key))['allowed']).toBe(true);
      expect((await admin.request('DELETE', '/v1/mcp/toolset/reading')).status).toBe(202);
      expect((await explain('tool=jira__search', key))['allowed']).toBe(false);
    });

    it('show a caller what it may use of them', async () => {
      await make('/v1/mcp/toolset', {
        ...reading,
        tools: [...reading.tools, { server_id: 'payroll', tool_name: 'pay' }],
      });
      await make('/v1/mcp/toolset', {
        toolset_name: 'money',
        tools: [{ server_id: 'payroll', tool_name: 'pay' }],
      });
      const { key } = await make('/key/generate', { object_permission: { mcp_servers: ['github'] } });
      expect((await admin.get('/v1/mcp/toolset', key)).body).toEqual([
        expect.objectContaining({ toolset_name: 'reading', tools: reading.tools }),
      ]);
      expect((await admin.get('/v1/mcp/toolset/money', key)).status).toBe(404);
      expect((await admin.get('/v1/mcp/toolset')).body).toHaveLength(2);
    });

    it('have a name of their own', async () => {
      await make('/v1/mcp/toolset', reading);
      for (const toolset_name of ['Reading', 'github', 'engineering']) {
        const { status } = await admin.post('/v1/mcp/toolset', { ...reading, toolset_name });
        expect([toolset_name, status]).toEqual([toolset_name, 409]);
      }
      for (const toolset_name of ['tools', 'v1', 'a b', '..', 'a/b', '']) {
        const { status, body } = await admin.post('/v1/mcp/toolset', { ...reading, toolset_name });
        expect([toolset_name, status, body.error.param]).toEqual([toolset_name, 400, 'toolset_name']);
      }
    });

    it('keep, and warn of, servers that are not there', async () => {
      const made = await make('/v1/mcp/toolset', {
        ...reading,
        tools: [{ server_id: 'later', tool_name: 'x' }],
      });
      expect(made['warnings']).toEqual([expect.stringContaining('"later"')]);
      const wild = await admin.post('/v1/mcp/toolset', {
        toolset_name: 'w',
        tools: [{ server_id: 'github', tool_name: '*' }],
      });
      expect([wild.status, wild.body.error.param]).toEqual([400, 'tools.0.tool_name']);
    });
  });

  it('lists the access groups a caller may use something of', async () => {
    expect((await admin.get('/v1/mcp/access_groups')).body).toEqual({
      access_groups: ['engineering', 'finance'],
    });
    const { key } = await make('/key/generate', { object_permission: { mcp_servers: ['jira'] } });
    expect((await admin.get('/v1/mcp/access_groups', key)).body).toEqual({ access_groups: ['engineering'] });
    const none = await make('/key/generate', { object_permission: { mcp_servers: [] } });
    expect((await admin.get('/v1/mcp/access_groups', none.key)).body).toEqual({ access_groups: [] });
  });
});

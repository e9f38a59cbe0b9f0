import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { startAdminApp, type AdminApp } from '../support/admin-app.js';
import { testDatabases, type TestDatabase } from '../support/database.js';

describe.each(testDatabases)('virtual keys on $kind', ({ create }) => {
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

  const issue = async (
    body: object = {},
  ): Promise<{ secret: string; id: string; row: Record<string, unknown> }> => {
    const { status, body: row } = await admin.post('/key/generate', body);
    expect(status).toBe(200);
    return { secret: row.key, id: row.key_id, row };
  };

  it('shows the secret once and the id ever after', async () => {
    const { secret, id, row } = await issue({ key_alias: 'ci', models: ['gpt-4o'], metadata: { team: 'x' } });
    expect(secret).toMatch(/^sk-[A-Za-z0-9_-]{32}$/);
    expect(row).toMatchObject({
      token: id,
      token_id: id,
      key_alias: 'ci',
      models: ['gpt-4o'],
      expires: null,
    });
    expect(row['key_name']).toBe(`sk-...${secret.slice(-4)}`);

    for (const lookup of [secret, id, 'ci', 'CI']) {
      const { status, body } = await admin.get(`/key/info?key=${lookup}`);
      expect(status).toBe(200);
      expect(body.key).toBe(id);
      expect(body.info['key_alias']).toBe('ci');
      expect(JSON.stringify(body)).not.toContain(secret);
    }
    const stored = await database.database.run((prisma) => prisma.virtualKey.findMany());
    expect(JSON.stringify(stored)).not.toContain(secret);
  });

  it('keeps what an update does not send', async () => {
    const { id } = await issue({ rpm_limit: 5, metadata: { a: 1 }, max_budget: 3 });
    await admin.post('/key/update', { key: id, rpm_limit: 7 });
    await admin.post('/key/update', { key: id, max_budget: null });
    const { body } = await admin.get(`/key/info?key=${id}`);
    expect(body.info).toMatchObject({ rpm_limit: 7, metadata: { a: 1 }, max_budget: null });
  });

  it('loses no field when one key is updated by several at once', async () => {
    const { id } = await issue();
    const updates = [
      { rpm_limit: 1 },
      { tpm_limit: 2 },
      { tags: ['a'] },
      { object_permission: { mcp_servers: ['github'] } },
      { object_permission: { mcp_denied_tools: ['github__delete_*'] } },
    ];
    const answers = await Promise.all(
      updates.map((update) => admin.post('/key/update', { key: id, ...update })),
    );
    expect(answers.map(({ status }) => status)).toEqual(updates.map(() => 200));
    const { body } = await admin.get(`/key/info?key=${id}`);
    expect(body.info).toMatchObject({
      rpm_limit: 1,
      tpm_limit: 2,
      tags: ['a'],
      object_permission: { mcp_servers: ['github'], mcp_denied_tools: ['github__delete_*'] },
    });
  });

  it('counts durations exactly', async () => {
    const before = Date.now();
    const { row } = await issue({ duration: '30d' });
    const expires = Date.parse(row['expires'] as string);
    expect(expires - before).toBeGreaterThanOrEqual(30 * 86_400_000);
    expect(expires - before).toBeLessThan(30 * 86_400_000 + 10_000);
  });

  describe('a budget', () => {
    const day = 86_400_000;
    const resetOf = async (id: string): Promise<number> =>
      Date.parse((await admin.get(`/key/info?key=${id}`)).body.info['budget_reset_at'] as string);
    const used = async (id: string): Promise<number[]> =>
      database.database.run(async (prisma) => {
        const where = { subjectId: id, limit: 'max_budget' };
        return (await prisma.limitCounter.findMany({ where, orderBy: { windowStart: 'asc' } })).map(
          (row) => row.used,
        );
      });

    it('begins when it is set, and anew after each of its periods', async () => {
      const before = Date.now();
      const { id } = await issue({ max_budget: 5, budget_duration: '30d' });
      const first = await resetOf(id);
      expect(first - before).toBeGreaterThanOrEqual(30 * day);
      expect(first - Date.now()).toBeLessThanOrEqual(30 * day);
      await admin.post('/key/update', { key: id, max_budget: 6, budget_duration: '30d' });
      expect(await resetOf(id)).toBe(first);
      await admin.post('/key/update', { key: id, budget_duration: '7d' });
      expect(await resetOf(id)).toBeLessThan(Date.now() + 7 * day + 1);
      expect(
        (await admin.post('/key/update', { key: id, budget_duration: null })).body['budget_reset_at'],
      ).toBeNull();
    });

    it('is not renewed by another period', async () => {
      const { id } = await issue({ max_budget: 5, budget_duration: '30d' });
      await database.database.run(async (prisma) => {
        const windowStart = new Date((await resetOf(id)) - 30 * day);
        const row = { subjectKind: 'key', subjectId: id, limit: 'max_budget', windowStart };
        await prisma.limitCounter.create({ data: { ...row, used: 4.5, expiresAt: new Date('2100-01-01') } });
      });
      for (const budget_duration of ['60d', null, '1mo']) {
        expect((await admin.post('/key/update', { key: id, budget_duration })).status).toBe(200);
      }
      expect(await used(id)).toEqual([4.5, 4.5, 4.5, 4.5]);
    });
  });

  it('refuses a key that is blocked, and lets it in again', async () => {
    const { secret, id } = await issue();
    expect((await admin.get('/key/info', secret)).status).toBe(200);
    expect((await admin.post('/key/block', { key: secret })).body).toMatchObject({ key: id, blocked: true });
    const refused = await admin.get('/key/info', secret);
    expect([refused.status, refused.body.error.code]).toEqual([401, 'key_blocked']);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    await admin.post('/key/unblock', { key: id });
    expect((await admin.get('/key/info', secret)).status).toBe(200);
  });

  it('ends a key that is deleted or has expired', async () => {
    const deleted = await issue();
    expect((await admin.get('/key/info', deleted.secret)).status).toBe(200);
    const { body } = await admin.post('/key/delete', { keys: [deleted.secret] });
    expect(body).toEqual({ deleted_keys: [deleted.id] });
    const after = await admin.get('/key/info', deleted.secret);
    expect([after.status, after.body.error.code]).toEqual([401, 'invalid_api_key']);

    const brief = await issue({ duration: '1s' });
    expect((await admin.get('/key/info', brief.secret)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const late = await admin.get('/key/info', brief.secret);
    expect([late.status, late.body.error.code]).toEqual([401, 'key_expired']);
  });

  it('deletes all or none', async () => {
    const { secret, id } = await issue({ key_alias: 'stays' });
    const { status, body } = await admin.post('/key/delete', { keys: [id, 'key_000000000000000000000000'] });
    expect([status, body.error.param]).toEqual([404, 'keys']);
    expect((await admin.get('/key/info', secret)).status).toBe(200);
    // As LiteLLM's own client sends it.
    const byAlias = await admin.post('/key/delete', { keys: null, key_aliases: ['stays'] });
    expect(byAlias.status).toBe(200);
  });

  it.each([
    [{}],
    [{ keys: [] }],
    [{ key_aliases: [] }],
    [{ keys: [], key_aliases: [] }],
    [{ keys: null, key_aliases: null }],
  ])('a delete without its key touches no row: %j', async (body) => {
    const { secret } = await issue();
    const answer = await admin.post('/key/delete', body);
    expect(answer.status).toBe(422);
    expect((await admin.get('/key/info', secret)).status).toBe(200);
  });

  it('regenerates a secret, keeps the id, and lets the old one go on as asked', async () => {
    const { secret, id } = await issue({ key_alias: 'rotating', rpm_limit: 9 });
    const first = await admin.post(`/key/${id}/regenerate`, { grace_period: '1h' });
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ key_id: id, token: id, key_alias: 'rotating', rpm_limit: 9 });
    expect(first.body.key).not.toBe(secret);
    expect((await admin.get('/key/info', secret)).body.key).toBe(id);
    expect((await admin.get('/key/info', first.body.key)).body.key).toBe(id);

    const second = await admin.post('/key/regenerate', { key: id });
    expect((await admin.get('/key/info', second.body.key)).status).toBe(200);
    for (const old of [secret, first.body.key]) {
      expect((await admin.get('/key/info', old)).status).toBe(401);
    }
  });

  it('regenerates once for one Idempotency-Key', async () => {
    const { id } = await issue();
    const send = (once: string) =>
      fetch(`${admin.url}/key/${id}/regenerate`, {
        method: 'POST',
        headers: { 'x-api-key': 'sk-test-master-key-0123456789abcdef', 'idempotency-key': once },
      });
    const answers = await Promise.all([send('a'), send('a'), send('a')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    const done = answers.find(({ status }) => status === 200);
    const { key } = (await done?.json()) as { key: string };
    expect((await admin.get('/key/info', key)).status).toBe(200);
    const repeat = await send('a');
    expect(((await repeat.json()) as { error: { message: string } }).error.message).toContain(
      'new Idempotency-Key',
    );
    expect((await admin.get('/key/info', key)).status).toBe(200);
    expect((await send('b')).status).toBe(200);
  });

  it('takes one alias once, whatever its case or Unicode form', async () => {
    await issue({ key_alias: 'Café' });
    for (const alias of ['café', 'CAFE\u0301', 'Ｃafé', 'Ca\u200bfé']) {
      const { status, body } = await admin.post('/key/generate', { key_alias: alias });
      expect([alias, status, body.error.param]).toEqual([alias, 409, 'key_alias']);
    }
  });

  it('lets an administrator choose the key, but no key twice', async () => {
    const chosen = 'sk-chosen-by-an-administrator';
    await issue({ key: chosen });
    expect((await admin.get('/key/info', chosen)).status).toBe(200);
    expect((await admin.post('/key/generate', { key: chosen })).status).toBe(409);
    expect((await admin.post('/key/generate', { key: 'sk-test-master-key-0123456789abcdef' })).status).toBe(
      409,
    );
    expect((await admin.post('/key/generate', { key: 'hunter2' })).status).toBe(400);
  });

  it('warns of names that mean nothing', async () => {
    const { row } = await issue({
      object_permission: { mcp_servers: ['github', 'nope'], mcp_toolsets: ['none'] },
    });
    expect(row['warnings']).toEqual([expect.stringContaining('"nope"'), expect.stringContaining('"none"')]);
  });

  it('lists in the order asked for, what has no value last', async () => {
    const ids: Record<string, string> = {};
    for (const [key_alias, max_budget] of [
      ['b', 1],
      ['a', 3],
      ['c', null],
    ] as const) {
      ids[key_alias] = (await issue({ key_alias, max_budget })).id;
    }
    const order = async (query: string) => {
      const keys = (await admin.get(`/key/list?${query}`)).body.keys as string[];
      return keys.map((id) => Object.keys(ids).find((alias) => ids[alias] === id)).join('');
    };
    expect(await order('')).toBe('cab');
    expect(await order('sort_order=asc')).toBe('bac');
    expect(await order('sort_by=key_alias&sort_order=asc')).toBe('abc');
    expect(await order('sort_by=max_budget')).toBe('abc');
    expect((await admin.get('/key/list?sort_by=hash')).body.error.param).toBe('sort_by');
  });

  it('lists the keys of a user, and on request those of the teams they administer and those they made', async () => {
    const lead = (await admin.post('/user/new', { user_id: 'lead' })).body;
    const { team_id } = (await admin.post('/team/new', {})).body;
    await admin.post('/team/member_add', { team_id, member: { user_id: 'lead', role: 'admin' } });
    const teams = await issue({ team_id });
    const made = (await admin.post('/key/generate', { key_alias: 'made' }, lead.key)).body.key_id;
    await admin.post('/key/update', { key: made, user_id: null });
    await issue();
    const list = async (query: string) =>
      [...((await admin.get(`/key/list?user_id=lead&${query}`)).body.keys as string[])].sort();
    expect(await list('')).toEqual([lead.key_id]);
    expect(await list('include_team_keys=true')).toEqual([lead.key_id, teams.id].sort());
    expect(await list('include_team_keys=true&include_created_by_keys=true')).toEqual(
      [lead.key_id, teams.id, made].sort(),
    );
  });

  it('lists in pages', async () => {
    for (let i = 0; i < 5; i++) await issue({ key_alias: `key ${i}` });
    const first = await admin.get('/key/list?page=1&size=2');
    expect(first.body).toMatchObject({ total_count: 5, current_page: 1, total_pages: 3 });
    const last = await admin.get('/key/list?page=3&size=2&return_full_object=true');
    expect(last.body.keys).toEqual([expect.objectContaining({ key_alias: 'key 0' })]);
    for (const query of ['page=-1', 'page=0', 'size=101', 'size=x', 'page=1&page=2', 'wat=1', 'page=1e3']) {
      expect([query, (await admin.get(`/key/list?${query}`)).status]).toEqual([query, 400]);
    }
  });

  it.each<[string, unknown, number, string | null]>([
    ['unknown field', { nope: 1 }, 400, 'nope'],
    ['LiteLLM field without effect', { soft_budget: 1 }, 400, 'soft_budget'],
    ['operator where text is expected', { key_alias: { not: '' } }, 400, 'key_alias'],
    ['list where text is expected', { user_id: ['a'] }, 400, 'user_id'],
    ['million-character alias', { key_alias: 'a'.repeat(1_000_000) }, 400, 'key_alias'],
    ['control characters', { key_alias: 'a\u0007b' }, 400, 'key_alias'],
    ['NUL in metadata', { metadata: { a: ['\u0000'] } }, 400, 'metadata'],
    ['alias like a key', { key_alias: 'sk-abc' }, 400, 'key_alias'],
    ['alias like an id', { key_alias: 'key_0123456789abcdef01234567' }, 400, 'key_alias'],
    ['negative limit', { rpm_limit: -1 }, 400, 'rpm_limit'],
    ['fractional limit', { rpm_limit: 1.5 }, 400, 'rpm_limit'],
    ['limit as text', { rpm_limit: '5' }, 400, 'rpm_limit'],
    ['limit too large', { tpm_limit: 1e15 }, 400, 'tpm_limit'],
    ['bad duration', { duration: '30 days' }, 400, 'duration'],
    ['endless duration', { duration: '9999999w' }, 400, 'duration'],
    ['unknown key type', { key_type: 'root' }, 400, 'key_type'],
    ['key type and routes', { key_type: 'llm_api', allowed_routes: ['/mcp'] }, 400, 'allowed_routes'],
    ['unknown route group', { allowed_routes: ['everything'] }, 400, 'allowed_routes.0'],
    [
      'unknown permission field',
      { object_permission: { vector_stores: [] } },
      400,
      'object_permission.vector_stores',
    ],
    ['team that is not there', { team_id: 'nope' }, 404, 'team_id'],
    ['user that is not there', { user_id: 'nope' }, 404, 'user_id'],
    ['list as body', [], 400, null],
    ['text as body', '"x"', 400, null],
    ['broken JSON', '{', 400, null],
    ['__proto__', '{"metadata":{"__proto__":{"role":"proxy_admin"}}}', 400, 'metadata'],
    ['__proto__ on top', '{"__proto__":{"blocked":true}}', 400, '__proto__'],
    ['deep metadata', `{"metadata":${'{"a":'.repeat(50)}1${'}'.repeat(50)}}`, 400, 'metadata'],
    ['endless depth', `{"metadata":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 400, 'metadata'],
  ])('refuses %s', async (_what, body, status, param) => {
    const answer = await admin.post('/key/generate', body);
    expect([answer.status, answer.body.error.param]).toEqual([status, param]);
    expect(answer.body.error.message.length).toBeLessThan(600);
    expect((await admin.get('/key/list')).body.total_count).toBe(0);
  });

  it('keeps odd names as they are', async () => {
    const alias = `Robert'); DROP TABLE virtual_keys;-- 🤖 %_`;
    const { id } = await issue({ key_alias: alias });
    expect((await admin.get(`/key/info?key=${encodeURIComponent(alias)}`)).body.info['key_alias']).toBe(
      alias,
    );
    expect((await admin.get(`/key/list?key_alias=${encodeURIComponent('Robert%')}`)).body.total_count).toBe(
      0,
    );
    expect((await admin.get(`/key/list?key_alias=${encodeURIComponent(alias)}`)).body.keys).toEqual([id]);
  });

  it('lets key types call only their routes', async () => {
    const { secret } = await issue({ key_type: 'llm_api' });
    const answer = await admin.get('/key/info', secret);
    expect([answer.status, answer.body.error.code]).toEqual([403, 'route_not_allowed']);
    const reader = await issue({ key_type: 'read_only' });
    expect((await admin.get('/key/info', reader.secret)).status).toBe(200);
    expect((await admin.post('/key/regenerate', { key: reader.id }, reader.secret)).status).toBe(403);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startAdminApp, type AdminApp, type Row } from '../support/admin-app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

/** Each route that changes something: a body that names what it is about, and the text fields it takes. */
const routes: readonly (readonly [route: string, body: Row, texts: readonly string[]])[] = [
  [
    'POST /key/generate',
    {},
    ['key_alias', 'user_id', 'team_id', 'organization_id', 'duration', 'budget_duration', 'key', 'key_type'],
  ],
  [
    'POST /key/update',
    { key: 'k' },
    ['key', 'key_alias', 'user_id', 'team_id', 'organization_id', 'duration', 'budget_duration', 'key_type'],
  ],
  ['POST /key/delete', {}, ['keys.0', 'key_aliases.0']],
  ['POST /key/block', {}, ['key']],
  ['POST /key/unblock', {}, ['key']],
  ['POST /key/regenerate', { key: 'k' }, ['key', 'new_key', 'grace_period']],
  ['POST /key/k/regenerate', {}, ['new_key', 'grace_period', 'key_alias']],
  ['POST /team/new', {}, ['team_id', 'team_alias', 'organization_id', 'budget_duration']],
  ['POST /team/update', { team_id: 't' }, ['team_id', 'team_alias', 'organization_id']],
  ['POST /team/delete', {}, ['team_ids.0']],
  ['POST /team/block', {}, ['team_id']],
  ['POST /team/unblock', {}, ['team_id']],
  [
    'POST /team/member_add',
    { team_id: 't' },
    ['team_id', 'member.user_id', 'member.user_email', 'member.role'],
  ],
  ['POST /team/member_update', { team_id: 't', user_id: 'u', role: 'admin' }, ['team_id', 'user_id', 'role']],
  ['POST /team/member_delete', { team_id: 't', user_id: 'u' }, ['team_id', 'user_id']],
  [
    'POST /user/new',
    {},
    [
      'user_id',
      'user_email',
      'user_alias',
      'user_role',
      'key_alias',
      'duration',
      'teams.0',
      'organizations.0',
    ],
  ],
  ['POST /user/update', { user_id: 'u' }, ['user_id', 'user_email', 'user_alias', 'user_role']],
  ['POST /user/delete', {}, ['user_ids.0']],
  ['POST /organization/new', { organization_alias: 'x' }, ['organization_id', 'organization_alias']],
  ['PATCH /organization/update', { organization_id: 'o' }, ['organization_id', 'organization_alias']],
  ['DELETE /organization/delete', {}, ['organization_ids.0']],
  [
    'POST /organization/member_add',
    { organization_id: 'o' },
    ['organization_id', 'member.user_id', 'member.role'],
  ],
  [
    'PATCH /organization/member_update',
    { organization_id: 'o', user_id: 'u', role: 'user' },
    ['organization_id', 'user_id', 'role'],
  ],
  [
    'DELETE /organization/member_delete',
    { organization_id: 'o', user_id: 'u' },
    ['organization_id', 'user_id'],
  ],
  ['POST /v1/mcp/toolset', { toolset_name: 'x' }, ['toolset_name', 'description', 'tools.0.server_id']],
  ['PUT /v1/mcp/toolset', { toolset_id: 's' }, ['toolset_id', 'toolset_name', 'description']],
];

/** What nobody means where a text is expected. */
const hostile: readonly unknown[] = [
  { not: '' },
  { $ne: null },
  { contains: '' },
  ['k'],
  [],
  0,
  true,
  '',
  'a\u0000b',
  { toString: 'k' },
];
const labels: ReadonlySet<string> = new Set([
  'key_alias',
  'team_alias',
  'user_alias',
  'organization_alias',
  'description',
]);
const hostileLabels: readonly string[] = [
  'a\u0007b',
  'a\u202eb',
  'a\u2028b',
  '\ud800',
  ' padded ',
  'x'.repeat(1_000_000),
];

/** Bodies that name nothing: a change without its subject must not become a change of everything. */
const nameless = routes.filter(
  ([, , texts]) =>
    texts.some((text) => text.endsWith('.0')) || texts[0]?.endsWith('_id') === true || texts[0] === 'key',
);

describe('bad input', () => {
  let database: TestDatabase;
  let admin: AdminApp;
  let before: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    admin = await startAdminApp(database.database);
    for (const [path, body] of [
      ['/organization/new', { organization_id: 'o', organization_alias: 'O' }],
      ['/team/new', { team_id: 't', organization_id: 'o' }],
      ['/user/new', { user_id: 'u', auto_create_key: false, teams: ['t'], organizations: ['o'] }],
      ['/key/generate', { key_alias: 'k', team_id: 't', user_id: 'u' }],
      ['/v1/mcp/toolset', { toolset_name: 's' }],
    ] as const) {
      expect((await admin.post(path, body)).status).toBeLessThan(300);
    }
    before = await everything();
  });
  afterAll(async () => {
    await admin.close();
    await database.close();
  });

  /** Every row that administration writes. */
  const everything = (): Promise<string> =>
    database.database.run(async (prisma) =>
      JSON.stringify([
        await prisma.organization.findMany(),
        await prisma.team.findMany(),
        await prisma.user.findMany(),
        await prisma.virtualKey.findMany(),
        await prisma.teamMembership.findMany(),
        await prisma.organizationMembership.findMany(),
        await prisma.toolset.findMany(),
      ]),
    );
  const send = (route: string, body: unknown) => {
    const [method = '', path = ''] = route.split(' ');
    return admin.request(method, path, body);
  };
  /** `body` with `value` at a path such as `member.user_id` or `keys.0`. */
  const withAt = (body: Row, path: string, value: unknown): Row => {
    const [name = '', ...rest] = path.split('.');
    if (rest.length === 0) return { ...body, [name]: value };
    if (/^\d+$/.test(rest[0] ?? '')) {
      return { ...body, [name]: [rest.length === 1 ? value : withAt({}, rest.slice(1).join('.'), value)] };
    }
    return { ...body, [name]: withAt({}, rest.join('.'), value) };
  };

  it.each(routes)('%s refuses it and touches no row', async (route, body, texts) => {
    for (const text of texts) {
      for (const value of [...hostile, ...(labels.has(text) ? hostileLabels : [])]) {
        const answer = await send(route, withAt(body, text, value));
        const { error } = answer.body;
        expect([text, value, answer.status]).toEqual([text, value, 400]);
        expect(error.param?.split('.')[0]).toBe(text.split('.')[0]);
        expect(error.message.length).toBeLessThan(500);
        expect(answer.headers.get('x-request-id')).toMatch(/./);
      }
    }
    const unknown = await send(route, { ...body, unheard_of: 1 });
    expect([unknown.status, unknown.body.error.param]).toEqual([400, 'unheard_of']);
    for (const whole of ['null', '[]', '"x"', '1']) {
      expect([whole, (await send(route, whole)).status]).toEqual([whole, 400]);
    }
    const proto = await send(
      route,
      `{"__proto__":{"user_role":"proxy_admin"},${JSON.stringify(body).slice(1)}`.replace(',}', '}'),
    );
    expect([proto.status, proto.body.error.param]).toEqual([400, '__proto__']);
    expect(await everything()).toBe(before);
  });

  it.each(nameless.filter(([route]) => !/\/(?:new|generate)$|\/k\//.test(route)))(
    '%s without its subject touches no row',
    async (route) => {
      for (const body of [{}, undefined, { keys: [], key_aliases: [] }]) {
        const { status } = await send(route, body);
        expect([route, status === 422 || status === 400]).toEqual([route, true]);
      }
      expect((await send(route, {})).status).toBe(422);
      expect(await everything()).toBe(before);
    },
  );

  it.each([
    'GET /key/info?key=%00',
    'GET /key/list?user_id=%00',
    'GET /user/info?user_id=a%00',
    'GET /team/list?team_alias=%00',
    'GET /v1/audit?tool=%00',
    'GET /v1/mcp/explain?tool=%00',
    'GET /v1/mcp/toolset/%00',
    'DELETE /v1/mcp/toolset/%00',
    'POST /key/%00/regenerate',
    'POST /key/%E0%A4%A/regenerate',
    'GET /key/list?page=-1',
    'GET /key/list?page=0',
    'GET /key/list?size=101',
    'GET /key/list?size=-5',
    'GET /team/list?page=-1',
    'GET /user/list?page_size=1000',
    'GET /organization/list?page=1e9',
    'GET /v1/audit?limit=-1',
    'GET /v1/usage?page=-1',
    'GET /key/info?key[not]=',
    'GET /key/info?key=a&key=b',
    'GET /v1/audit?key=a&key=b',
  ])('%s is refused', async (route) => {
    const answer = await send(route, route.startsWith('POST') ? {} : undefined);
    expect([answer.status, answer.body.error.type]).toEqual([400, 'invalid_request_error']);
  });

  it('what a name looks like to SQL changes nothing', async () => {
    for (const text of ["' OR 1=1 --", '"; DROP TABLE virtual_keys; --', '%', '_', '\\', '${1}', '$1']) {
      const encoded = encodeURIComponent(text);
      expect([text, (await admin.get(`/key/info?key=${encoded}`)).status]).toEqual([text, 404]);
      expect((await admin.get(`/key/list?key_alias=${encoded}`)).body.total_count).toBe(0);
      expect((await admin.post('/key/delete', { keys: [text] })).status).toBe(404);
      expect((await admin.get(`/v1/audit?key=${encoded}`)).body.data).toEqual([]);
    }
    expect(await everything()).toBe(before);
  });

  it('an id is taken once, by how many at the same time it may be', async () => {
    for (const [path, body] of [
      ['/team/new', { team_id: 'twin' }],
      ['/user/new', { user_id: 'twin', auto_create_key: false }],
      ['/organization/new', { organization_id: 'twin', organization_alias: 'x' }],
    ] as const) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => admin.post(path, body)));
      const statuses = answers.map(({ status }) => status).sort();
      expect([path, statuses]).toEqual([path, [200, 409, 409, 409, 409, 409, 409, 409]]);
    }
  });
});

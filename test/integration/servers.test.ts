import { readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { serveInProcess, type InProcessGateway } from '../support/in-process.js';
import { fixtureCommand, startFixture, type RunningUpstream } from '../support/upstreams/fixture.js';
import { until } from '../support/until.js';

type Row = Readonly<Record<string, unknown>>;
interface Refusal {
  readonly error: { readonly code: string; readonly param: string | null; readonly message: string };
}

const { command, args } = fixtureCommand();
const fileServer = (name: string): string =>
  `  ${name}: { transport: stdio, command: ${JSON.stringify(command)}, args: ${JSON.stringify(args)}, access_groups: [ops] }\n`;
const configuration = (more = ''): string =>
  `mcp_servers:\n${fileServer('files')}${more}general_settings:\n  mcp_allow_private_urls: true\n` +
  '  mcp_stored_variable_allow_list: [TOOLGATE_TEST_TOKEN]\n';

const secret = 'very-secret-credential-1';

describe('servers over HTTP', () => {
  let gateway: InProcessGateway;
  let upstream: RunningUpstream;
  let echo: Server;
  let echoUrl: string;
  const heard: IncomingHttpHeaders[] = [];

  beforeAll(async () => {
    process.env['TOOLGATE_TEST_TOKEN'] = 'from-the-environment';
    upstream = await startFixture('http');
    // Hears what an upstream is told, and answers nothing of use.
    echo = createServer((request, response) => {
      heard.push(request.headers);
      response.writeHead(500).end();
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    echoUrl = `http://127.0.0.1:${(echo.address() as AddressInfo).port}/mcp`;
    gateway = await serveInProcess(configuration());
    await until(async () => (await gateway.request('GET', '/health/readiness')).status === 200, 60_000);
  }, 120_000);

  afterEach(async () => {
    for (const { server_id, source } of await list())
      if (source === 'database') await gateway.request('DELETE', `/v1/mcp/server/${String(server_id)}`);
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.kill();
    echo.closeAllConnections();
    await new Promise((resolve) => echo.close(resolve));
    delete process.env['TOOLGATE_TEST_TOKEN'];
  }, 60_000);

  const list = async (key?: string): Promise<Row[]> =>
    (await gateway.request('GET', '/v1/mcp/server', undefined, key)).body as Row[];
  const create = async (body: Row): Promise<Row> => {
    const answer = await gateway.request('POST', '/v1/mcp/server', body);
    expect(answer).toMatchObject({ status: 201 });
    return answer.body as Row;
  };
  const issue = async (body: Row): Promise<string> => {
    const { body: row } = await gateway.request('POST', '/key/generate', body);
    return (row as { key: string }).key;
  };
  const toolNames = async (key?: string): Promise<string[]> => {
    const { body } = await gateway.request('GET', '/v1/mcp/tools', undefined, key);
    return (body as { tools: { name: string }[] }).tools.map(({ name }) => name);
  };
  const refusal = async (
    method: string,
    path: string,
    body?: unknown,
  ): Promise<[number, string, string | null]> => {
    const answer = await gateway.request(method, path, body);
    const { code, param } = (answer.body as Refusal).error;
    return [answer.status, code, param];
  };

  it('serves a stored server until it is removed, without a restart', async () => {
    const row = await create({
      server_name: 'remote',
      url: upstream.url.href,
      transport: 'http',
      description: 'A stored one',
      mcp_access_groups: ['ops'],
      mcp_info: { team: 'platform' },
      timeout_ms: 5_000,
      idle_timeout_ms: 4_000,
      connect_timeout_ms: 3_000,
      args: [],
      env: {},
      command: null,
    });
    expect(row).toMatchObject({
      server_name: 'remote',
      url: upstream.url.href,
      transport: 'http',
      source: 'database',
      credentials: null,
      mcp_access_groups: ['ops'],
      mcp_info: { team: 'platform', is_public: false },
      timeout_ms: 5_000,
      idle_timeout_ms: 4_000,
      connect_timeout_ms: 3_000,
      created_by: expect.any(String),
    });
    await until(async () => (await toolNames()).some((name) => name.startsWith('remote__')));
    expect(await list()).toMatchObject([
      { server_id: 'files', source: 'file', transport: 'stdio' },
      { server_id: row['server_id'], server_name: 'remote' },
    ]);
    for (const path of [row['server_id'], 'remote', 'REMOTE'])
      expect(await gateway.request('GET', `/v1/mcp/server/${String(path)}`)).toMatchObject({
        status: 200,
        body: { server_id: row['server_id'], status: 'healthy' },
      });

    const health = (await gateway.request('GET', '/v1/mcp/server/health')).body;
    expect(health).toMatchObject({
      total_servers: 2,
      servers: {
        [String(row['server_id'])]: {
          server_name: 'remote',
          status: 'healthy',
          state: 'ready',
          transport: 'http',
          error: null,
          tools_count: (await toolNames()).filter((name) => name.startsWith('remote__')).length,
        },
      },
    });

    expect(await gateway.request('DELETE', '/v1/mcp/server/remote')).toEqual({
      status: 202,
      body: undefined,
    });
    expect(await gateway.request('DELETE', '/v1/mcp/server/remote')).toMatchObject({ status: 404 });
    expect((await toolNames()).some((name) => name.startsWith('remote__'))).toBe(false);
  });

  it('shows a caller only what its permissions let it use, and less of it', async () => {
    await create({ server_name: 'remote', url: `${upstream.url.href}?token=${secret}` });
    const key = await issue({ object_permission: { mcp_servers: ['remote'] } });
    const none = await issue({ object_permission: { mcp_servers: ['no-mcp-servers'] } });
    const rows = await list(key);
    expect(rows).toMatchObject([{ server_name: 'remote', url: null, created_by: null }]);
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(await list(none)).toEqual([]);
    const foreign = await gateway.request('GET', '/v1/mcp/server/files', undefined, key);
    const unknown = await gateway.request('GET', '/v1/mcp/server/nobody', undefined, key);
    expect(foreign.status).toBe(404);
    expect((foreign.body as Refusal).error.message).toBe((unknown.body as Refusal).error.message);
    expect(
      Object.keys((await gateway.request('GET', '/v1/mcp/server/health', undefined, key)).body as Row),
    ).toContain('servers');
    expect((await gateway.request('GET', '/v1/mcp/tools', undefined, key)).body).not.toHaveProperty(
      'rejected',
    );
    expect((await gateway.request('GET', '/v1/mcp/tools')).body).toHaveProperty('rejected');
    for (const [method, path, body] of [
      ['POST', '/v1/mcp/server', { server_name: 'x', url: upstream.url.href }],
      ['PUT', '/v1/mcp/server', { server_id: 'remote', pin: true }],
      ['DELETE', '/v1/mcp/server/remote', undefined],
    ] as const)
      expect(await gateway.request(method, path, body, key)).toMatchObject({ status: 403 });
  });

  it('refuses what cannot be a server, and says which field is to blame', async () => {
    await create({ server_name: 'remote', url: upstream.url.href });
    const good = { server_name: 'other', url: upstream.url.href };
    const cases: [Row, number, string | null][] = [
      [{ ...good, transport: 'stdio' }, 400, 'transport'],
      [{ ...good, command: 'sh' }, 400, 'command'],
      [{ ...good, args: ['-c', 'id'] }, 400, 'args'],
      [{ ...good, env: { LD_PRELOAD: 'x' } }, 400, 'env'],
      [{ ...good, unknown_field: 1 }, 400, 'unknown_field'],
      [{ server_name: 'other' }, 422, 'url'],
      [{ url: upstream.url.href }, 422, null],
      [{ ...good, url: 'file:///etc/passwd' }, 400, 'url'],
      [{ ...good, url: 'nonsense' }, 400, 'url'],
      [{ ...good, url: 'http://user:password@127.0.0.1/' }, 400, 'url'],
      [{ ...good, server_name: 'v1' }, 400, 'server_name'],
      [{ ...good, server_name: 'a__b' }, 400, 'server_name'],
      [{ ...good, server_name: 'with blank' }, 400, 'server_name'],
      [{ ...good, alias: 'different' }, 400, 'alias'],
      [{ ...good, server_name: 'FILES' }, 409, 'server_name'],
      [{ ...good, server_name: 'Remote' }, 409, 'server_name'],
      [{ ...good, server_id: 'files' }, 409, 'server_id'],
      [{ ...good, auth_type: 'bearer_token' }, 400, 'credentials.auth_value'],
      [{ ...good, auth_type: 'oauth2' }, 400, 'auth_type'],
      [
        { ...good, auth_type: 'bearer_token', credentials: { auth_value: 'a\nb' } },
        400,
        'credentials.auth_value',
      ],
      [{ ...good, static_headers: { 'x-a': 'a\r\nx-b: c' } }, 400, 'static_headers.x-a'],
      [{ ...good, static_headers: { 'bad name': 'a' } }, 400, 'static_headers.bad name'],
      [{ ...good, static_headers: { Host: 'a' } }, 400, 'static_headers.Host'],
      [
        { ...good, credentials: { auth_value: '${PATH}' }, auth_type: 'api_key' },
        400,
        'credentials.auth_value',
      ],
      [{ ...good, url: 'https://example.com/${TOOLGATE_MASTER_KEY}' }, 400, 'url'],
      [{ ...good, timeout_ms: 0 }, 400, 'timeout_ms'],
      [{ ...good, idle_timeout_ms: '5s' }, 400, 'idle_timeout_ms'],
      [{ ...good, connect_timeout_ms: 2 ** 31 }, 400, 'connect_timeout_ms'],
    ];
    for (const [body, status, param] of cases) {
      const answer = await refusal('POST', '/v1/mcp/server', body);
      expect([body, answer[0], answer[2]]).toEqual([body, status, param]);
    }
    expect((await list()).length).toBe(2);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fe80::1]/',
    'http://0.0.0.0/',
    'http://[fd00:ec2::254]/',
  ])('stores no server at %s, private addresses allowed or not', async (url) => {
    expect(await refusal('POST', '/v1/mcp/server', { server_name: 'bad', url })).toEqual([
      400,
      'invalid_request',
      'url',
    ]);
  });

  it('tells administrators how the file was last read', async () => {
    const reading = async (key?: string): Promise<unknown> =>
      ((await gateway.request('GET', '/v1/mcp/server/health', undefined, key)).body as Row)['configuration'];
    const applied = async (): Promise<unknown> => ((await reading()) as Row | null)?.['applied'];
    await gateway.configure('mcp_servers:\n  files: { command: "no');
    await until(async () => (await applied()) === false);
    expect(await reading()).toMatchObject({
      read_at: expect.any(String),
      problems: expect.arrayContaining([expect.stringMatching(/config\.yaml:2:.*YAML/)]),
    });
    expect(await list()).toMatchObject([{ server_name: 'files' }]);
    expect(await reading(await issue({}))).toBeUndefined();
    await gateway.configure(configuration());
    await until(async () => (await applied()) === true);
    expect(await reading()).toMatchObject({ problems: [], needs_restart: [] });
  });

  it('gives a name to one of those who ask for it at once', async () => {
    const names = ['twin', 'Twin', 'TWIN', 'twin'];
    const answers = await Promise.all(
      names.map((server_name) =>
        gateway.request('POST', '/v1/mcp/server', { server_name, url: upstream.url.href }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
  });

  it('leaves servers of the file to the file', async () => {
    expect(await refusal('DELETE', '/v1/mcp/server/files')).toEqual([409, 'conflict', 'server_id']);
    expect(await refusal('PUT', '/v1/mcp/server', { server_id: 'files', pin: true })).toEqual([
      409,
      'conflict',
      'server_id',
    ]);
  });

  it('changes only what is sent, and lets no credential follow an address elsewhere', async () => {
    const row = await create({
      server_name: 'remote',
      url: echoUrl,
      transport: 'http',
      auth_type: 'bearer_token',
      credentials: { auth_value: secret },
      static_headers: { 'X-Team': '${TOOLGATE_TEST_TOKEN}' },
      allowed_tools: ['get_*'],
    });
    const server_id = row['server_id'];
    await until(() => heard.some(({ authorization }) => authorization === `Bearer ${secret}`));
    expect(heard.at(-1)).toMatchObject({ 'x-team': 'from-the-environment' });
    expect(row).toMatchObject({ static_header_names: ['X-Team'], static_headers: null, credentials: null });

    const changed = await gateway.request('PUT', '/v1/mcp/server', {
      server_id,
      description: 'new',
      alias: 'Moved',
    });
    expect(changed).toMatchObject({
      status: 202,
      body: {
        server_id,
        server_name: 'Moved',
        description: 'new',
        auth_type: 'bearer_token',
        allowed_tools: ['get_*'],
      },
    });
    const elsewhere = { server_id, url: 'http://127.0.0.2:9/' };
    expect(await refusal('PUT', '/v1/mcp/server', elsewhere)).toEqual([
      400,
      'invalid_request',
      'credentials',
    ]);
    expect(
      await refusal('PUT', '/v1/mcp/server', { ...elsewhere, credentials: { auth_value: 'b' } }),
    ).toEqual([400, 'invalid_request', 'static_headers']);
    expect(await refusal('PUT', '/v1/mcp/server', { server_id, alias: 'FILES' })).toEqual([
      409,
      'conflict',
      'server_name',
    ]);
    expect(await refusal('PUT', '/v1/mcp/server', { server_id: 'nobody', pin: true })).toEqual([
      404,
      'not_found',
      'server_id',
    ]);
    const cleared = await gateway.request('PUT', '/v1/mcp/server', {
      ...elsewhere,
      auth_type: null,
      credentials: null,
      static_headers: null,
      allowed_tools: null,
    });
    expect(cleared).toMatchObject({
      status: 202,
      body: { url: 'http://127.0.0.2:9/', auth_type: 'none', static_header_names: [], allowed_tools: null },
    });
  });

  it('keeps the key of credentials to its owner, and writes no secret into the trail', async () => {
    await create({
      server_name: 'remote',
      url: `${echoUrl}?token=${secret}`,
      auth_type: 'api_key',
      credentials: { auth_value: `${secret}-2` },
      static_headers: { 'x-other': `${secret}-3` },
    });
    const file = join(gateway.dataDir, 'salt.key');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file, 'utf8')).length).toBe(43);
    await gateway.request('PUT', '/v1/mcp/server', {
      server_id: 'remote',
      credentials: { auth_value: `${secret}-4` },
    });
    await gateway.request('DELETE', '/v1/mcp/server/remote');
    const trail = async (): Promise<Row[]> => {
      const { body } = await gateway.request('GET', '/v1/audit?limit=50');
      return ((body as { data?: Row[] }).data ?? []).filter(({ method }) =>
        String(method).startsWith('server.'),
      );
    };
    await until(async () => JSON.stringify(await trail()).includes('replaced'));
    const [removed, updated] = await trail();
    expect(updated).toMatchObject({ method: 'server.update', after: { replaced: 'credentials' } });
    expect(removed).toMatchObject({ before: { auth_type: 'api_key' } });
    expect(JSON.stringify(await trail())).not.toContain(secret);
  });

  it('gives a name to the file when the file asks for it, and back', async () => {
    await create({ server_name: 'shared', url: upstream.url.href });
    await until(async () => (await toolNames()).some((name) => name.startsWith('shared__')));
    await gateway.configure(configuration(fileServer('shared')));
    await until(async () => (await list()).some(({ server_id }) => server_id === 'shared'));
    const rows = (await list()).filter(({ server_name }) => server_name === 'shared');
    expect(rows.map(({ source }) => source).sort()).toEqual(['database', 'file']);
    expect(rows.find(({ source }) => source === 'database')).toMatchObject({
      status: 'unknown',
      health_check_error: expect.stringMatching(/configuration file/),
    });
    await gateway.configure(configuration());
    await until(
      async () => (await list()).filter(({ server_name }) => server_name === 'shared').length === 1,
    );
    await until(
      async () =>
        (await list()).find(({ server_name }) => server_name === 'shared')?.['status'] === 'healthy',
    );
  });
});

describe('servers over HTTP without private addresses', () => {
  let gateway: InProcessGateway;
  beforeAll(async () => {
    gateway = await serveInProcess(`mcp_servers:\n${fileServer('files')}`);
    await until(async () => (await gateway.request('GET', '/health/readiness')).status === 200, 60_000);
  }, 120_000);
  afterAll(() => gateway.close(), 60_000);

  it.each([
    'http://127.0.0.1:1/',
    'http://localhost:1/',
    'http://2130706433/',
    'http://10.1.2.3/',
    'http://[::1]/',
  ])('stores no server at %s', async (url) => {
    const answer = await gateway.request('POST', '/v1/mcp/server', { server_name: 'bad', url });
    expect(answer).toMatchObject({ status: 400, body: { error: { param: 'url' } } });
    expect((answer.body as Refusal).error.message).toMatch(/private or loopback/);
  });
});

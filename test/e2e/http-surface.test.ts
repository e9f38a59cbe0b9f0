import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { ApiDescription } from '../support/api-description.js';
import {
  eventually,
  masterKey,
  startGateway,
  type ApiAnswer,
  type RunningGateway,
} from '../support/gateway.js';

/** What comes back for these characters before the connection ends. */
async function exchange(port: number, sent: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let heard = '';
  socket.on('data', (chunk) => (heard += String(chunk))).write(sent);
  await once(socket, 'end');
  return heard;
}

/** What holds for every HTTP route of contract sections 5 and 8, on the program as it is started without a file. */
describe('the HTTP surface', () => {
  let gateway: RunningGateway;
  let api: ApiDescription;

  beforeAll(async () => {
    gateway = await startGateway();
    api = await ApiDescription.of(gateway.url);
    await eventually('the demo tools are there', async () => {
      const { body } = await gateway.api('GET', '/mcp/tools/list');
      return (body['tools'] as unknown[]).length === 4;
    });
  }, 60_000);

  afterAll(() => gateway.stop());

  const call = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${gateway.url}/mcp/tools/call`, {
      method: 'POST',
      headers: { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  describe('the description of the API', () => {
    test('has for every route its summary, what it takes and what it answers', () => {
      const { operations } = api;
      expect(operations.length).toBeGreaterThan(70);
      expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
      const incomplete = operations.filter(({ route, summary, requestBody, responses }) => {
        const successes = Object.keys(responses).filter((status) => status.startsWith('2'));
        const needsBody = /^(POST|PUT|PATCH) |^DELETE \/organization/.test(route);
        return (
          summary === undefined ||
          successes.length !== 1 ||
          needsBody !== (requestBody !== undefined) ||
          responses['default'] === undefined
        );
      });
      expect(incomplete.map(({ route }) => route)).toEqual([]);
    });

    test('tells the truth about the administrative and the tools routes', async () => {
      const untrue: string[] = [];
      const check = async (method: string, path: string, body?: unknown): Promise<ApiAnswer['body']> => {
        const answer = await gateway.api(method, path, body);
        const [bare = ''] = path.split('?');
        const problems = api.problemsOf(method, bare, answer.status, answer.body);
        untrue.push(...problems.map((problem) => `${method} ${path}: ${problem}`));
        return answer.body;
      };
      const organization = { organization_id: 'o1' };
      const team = { team_id: 't1' };
      const member = { user_id: 'u1' };
      await check('POST', '/organization/new', { ...organization, organization_alias: 'One' });
      await check('PATCH', '/organization/update', { ...organization, rpm_limit: 500 });
      await check('POST', '/organization/update', { ...organization, metadata: { any: ['thing'] } });
      await check('POST', '/user/new', { ...member, user_email: 'u1@example.com' });
      await check('POST', '/user/update', { ...member, rpm_limit: 400 });
      await check('POST', '/organization/member_add', { ...organization, member });
      await check('PATCH', '/organization/member_update', { ...organization, ...member, role: 'admin' });
      await check('POST', '/organization/member_update', { ...organization, ...member, role: 'user' });
      await check('POST', '/team/new', { ...team, ...organization, team_alias: 'Team' });
      await check('POST', '/team/update', { ...team, max_budget: 1.5, budget_duration: '30d' });
      await check('POST', '/team/member_add', { ...team, member });
      await check('POST', '/team/member_update', { ...team, ...member, role: 'admin' });
      await check('POST', '/team/block', team);
      await check('POST', '/team/unblock', team);
      await check('POST', '/key/generate', {
        ...team,
        ...member,
        key_alias: 'k1',
        duration: '1d',
        object_permission: { mcp_servers: ['demo', 'later'] },
      });
      await check('POST', '/key/update', { key: 'k1', mcp_rpm_limit: { demo: 10 } });
      await check('POST', '/key/block', { key: 'k1' });
      await check('POST', '/key/unblock', { key: 'k1' });
      await check('POST', '/key/k1/regenerate', { grace_period: '1m' });
      await check('POST', '/key/regenerate', { key: 'k1' });
      await check('POST', '/v1/mcp/toolset', {
        toolset_name: 'few',
        tools: [{ server_id: 'demo', tool_name: 'add' }],
      });
      const { toolset_id } = await check('GET', '/v1/mcp/toolset/few');
      await check('PUT', '/v1/mcp/toolset', { toolset_id, description: 'A few.' });
      await check('POST', '/v1/mcp/server', { server_name: 'stored', url: 'https://203.0.113.7/mcp' });
      await check('PUT', '/v1/mcp/server', { server_id: 'stored', static_headers: { 'x-a': 'b' } });
      await check('POST', '/v1/mcp/server', {
        server_name: 'pinned',
        url: 'https://203.0.113.8/mcp',
        pin: true,
      });
      await check('POST', '/v1/mcp/server/pinned/approve', {});
      await check('POST', '/mcp/tools/call', { name: 'demo__add', arguments: { a: 1, b: 2 } });
      await check('POST', '/mcp-rest/tools/call', { name: 'echo', server_id: 'demo', arguments: {} });
      for (const path of [
        '/key/info?key=k1',
        '/key/list?return_full_object=true',
        '/team/info?team_id=t1',
        '/team/list',
        '/user/info?user_id=u1',
        '/user/list',
        '/organization/info?organization_id=o1',
        '/organization/list',
        '/v1/mcp/explain?key=k1&tool=demo__add',
        '/v1/mcp/access_groups',
        '/v1/mcp/toolset',
        '/v1/mcp/server',
        '/v1/mcp/server/demo',
        '/v1/mcp/server/health',
        '/v1/mcp/server/demo/changes',
        '/v1/mcp/tools',
        '/v1/usage?group_by=tool',
        '/v1/models',
        '/mcp/tools/list',
        '/mcp-rest/tools/list',
        '/mcp/enabled',
        '/health/liveliness',
        '/health/liveness',
        '/health/readiness',
      ]) {
        await check('GET', path);
      }
      await eventually('the trail is written', async () => {
        const { data } = (await check('GET', '/v1/audit')) as unknown as { data: unknown[] };
        return data.length > 20;
      });
      await check('DELETE', '/v1/mcp/server/stored');
      await check('DELETE', '/v1/mcp/toolset/few');
      await check('POST', '/key/delete', { key_aliases: ['k1'] });
      await check('POST', '/team/member_delete', { ...team, ...member });
      await check('POST', '/organization/member_delete', { ...organization, ...member });
      await check('POST', '/organization/member_add', { ...organization, member: [member] });
      await check('DELETE', '/organization/member_delete', { ...organization, ...member });
      await check('POST', '/team/delete', { team_ids: ['t1'] });
      await check('POST', '/user/delete', { user_ids: ['u1'] });
      await check('DELETE', '/organization/delete', { organization_ids: ['o1'] });
      await check('POST', '/organization/new', { ...organization, organization_alias: 'Again' });
      await check('POST', '/organization/delete', { organization_ids: ['o1'] });
      expect(untrue).toEqual([]);
      const ofModels = /\/(?:chat|embeddings|completions|responses|models)\b/;
      expect(api.unchecked.filter((route) => !ofModels.test(route))).toEqual(['GET /metrics']);
    });

    test('is also a page', async () => {
      const page = await fetch(`${gateway.url}/docs`);
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toMatch('text/html');
      const [script] = /\.\/docs\/swagger-ui-bundle\.js/.exec(await page.text()) ?? [];
      const loaded = await fetch(new URL(script ?? 'missing', `${gateway.url}/docs`));
      expect(loaded.status).toBe(200);
      await loaded.body?.cancel();
      const line = '"path":"/docs/swagger-ui-bundle.js"';
      await eventually('its line in the log', () => gateway.output().includes(line));
    });
  });

  test('a method that a path does not have is 405 and says which it has', async () => {
    for (const [method, path, allowed] of [
      ['GET', '/mcp/tools/call', 'POST'],
      ['DELETE', '/mcp/tools/list', 'GET'],
      ['PUT', '/organization/update', 'PATCH, POST'],
      ['PUT', '/mcp', 'GET, POST, DELETE'],
      ['HEAD', '/mcp/', 'GET, POST, DELETE'],
      ['OPTIONS', '/sse', 'GET'],
      ['GET', '/mcp/sse/messages', 'POST'],
      ['POST', '/demo/sse', 'GET'],
    ] as const) {
      const response = await fetch(gateway.url + path, {
        method,
        headers: { authorization: `Bearer ${masterKey}` },
      });
      expect([method, path, response.status, response.headers.get('allow')]).toEqual([
        method,
        path,
        405,
        allowed,
      ]);
      await response.body?.cancel();
    }
  });

  test('unknown paths are a JSON 404, with the headers of every answer', async () => {
    for (const path of ['/', '/nothing', '/.well-known/oauth-protected-resource/mcp', '/v1/nothing']) {
      const response = await fetch(gateway.url + path);
      expect([path, response.status]).toEqual([path, 404]);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('x-request-id')).toEqual(expect.any(String));
      expect(response.headers.get('x-powered-by')).toBeNull();
      expect(await response.json()).toMatchObject({ error: { type: 'not_found_error', param: null } });
    }
  });

  test('what is no request is told so, with the headers of every answer', async () => {
    for (const [sent, status, code] of [
      ['GARBAGE\r\n\r\n', 400, 'invalid_request'],
      [`GET /mcp HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ] as const) {
      const answer = await exchange(gateway.port, sent);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*\\r\\n`));
      expect(answer).toMatch(/\r\nx-request-id: req_\w+\r\nX-Content-Type-Options: nosniff\r\n/);
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ error: { code } });
      const id = /x-request-id: (\S+)/.exec(answer)?.[1] ?? 'none';
      await eventually('its line in the log', () => gateway.output().includes(id));
    }
  });

  test('a body over the limit is answered, also when the connection is to close after it', async () => {
    const sending = request(`${gateway.url}/mcp/tools/call`, {
      method: 'POST',
      agent: false,
      headers: { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json' },
    });
    const answered = once(sending, 'response');
    sending.end(JSON.stringify({ name: 'demo__echo', arguments: { text: 'x'.repeat(5 << 20) } }));
    const [response] = (await answered) as [{ statusCode: number; resume: () => void }];
    expect(response.statusCode).toBe(413);
    response.resume();
  });

  test('a call whose body is wrong is told what is', async () => {
    for (const [body, param, message] of [
      [{ name: 'demo__add', arguments: null }, 'arguments', '"arguments" must be an object.'],
      [{ name: 'demo__add', arguments: [1] }, 'arguments', '"arguments" must be an object.'],
      [{ name: '' }, 'name', '"name" must not be empty.'],
      [{ arguments: {} }, 'name', '"name" must be a string.'],
      [{ name: 'demo__add', tool: 'x' }, 'tool', 'Unknown field: tool'],
      ['[]', null, 'The body must be a JSON object.'],
    ] as const) {
      const response = await call(body);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { param, message } });
    }
  });

  test('a compressed body is refused as what it is', async () => {
    const response = await call('{}', { 'content-encoding': 'gzip' });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ error: { param: 'Content-Encoding' } });
  });

  test('x-mcp-servers narrows REST as it narrows MCP', async () => {
    const list = async (servers: string): Promise<Response> =>
      fetch(`${gateway.url}/mcp/tools/list`, {
        headers: { authorization: `Bearer ${masterKey}`, 'x-mcp-servers': servers },
      });
    expect((await list('demo')).status).toBe(200);
    expect((await list('demo, nowhere')).status).toBe(404);
    const called = await call(
      { name: 'demo__add', arguments: { a: 1, b: 2 } },
      { 'x-mcp-servers': 'nowhere' },
    );
    expect(called.status).toBe(404);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { startGateway, type RunningGateway } from '../support/gateway.js';
import { ways } from '../support/hot-routes.js';

const jsonRpc = (method: string, params: unknown = {}, id: number | string = 1): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });
const initialize = jsonRpc('initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
});

/** The wire itself: what each status of contract section 4 is for, on the demo upstream. */
describe.each(ways)('the MCP endpoint through %s', (_, hotRoutes) => {
  let gateway: RunningGateway;
  let key: string;
  let otherKey: string;

  beforeAll(async () => {
    gateway = await startGateway({ hotRoutes });
    const issue = async (): Promise<string> =>
      (await gateway.api('POST', '/key/generate', {})).body['key'] as string;
    [key, otherKey] = [await issue(), await issue()];
  }, 60_000);

  afterAll(() => gateway.stop());

  function post(
    body: string,
    headers: Record<string, string | undefined> = {},
    path = '/mcp',
  ): Promise<Response> {
    const all: Record<string, string | undefined> = {
      authorization: `Bearer ${key}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...headers,
    };
    const sent = Object.fromEntries(
      Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    return fetch(gateway.url + path, { method: 'POST', body, headers: sent });
  }

  async function openSession(): Promise<string> {
    const response = await post(initialize);
    expect(response.status).toBe(200);
    const id = response.headers.get('mcp-session-id');
    if (id === null) throw new Error('no session id');
    return id;
  }

  interface Case {
    readonly name: string;
    readonly send: () => Promise<Response>;
    readonly status: number;
    readonly code?: number;
  }

  const cases: Case[] = [
    { name: 'no key', send: () => post(initialize, { authorization: undefined }), status: 401 },
    {
      name: 'a key in the wrong scheme',
      send: () => post(initialize, { authorization: `Basic ${key}` }),
      status: 401,
    },
    {
      name: 'no key and everything else wrong too',
      send: () => post('{', { authorization: undefined, accept: 'x/y', 'content-type': 'text/plain' }),
      status: 401,
    },
    {
      name: 'a foreign Origin',
      send: () => post(initialize, { origin: 'https://evil.example' }),
      status: 403,
    },
    {
      name: 'Accept without event-stream',
      send: () => post(initialize, { accept: 'application/json' }),
      status: 406,
    },
    {
      name: 'a content type that is no JSON',
      send: () => post(initialize, { 'content-type': 'text/plain' }),
      status: 415,
    },
    { name: 'a body that is no JSON', send: () => post('{"jsonrpc":'), status: 400, code: -32700 },
    {
      name: 'a body that is no UTF-8',
      send: () =>
        fetch(`${gateway.url}/mcp`, {
          method: 'POST',
          body: Buffer.from([0x22, 0xff, 0x22]),
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        }),
      status: 400,
      code: -32700,
    },
    { name: 'JSON that is no JSON-RPC', send: () => post('{"hello":"world"}'), status: 400, code: -32600 },
    { name: 'a number', send: () => post('42'), status: 400, code: -32600 },
    {
      name: 'an id that is null',
      send: () => post('{"jsonrpc":"2.0","id":null,"method":"ping"}'),
      status: 400,
      code: -32600,
    },
    {
      name: 'a body of 5 MiB',
      send: () => post(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${'x'.repeat(5 << 20)}"}}`),
      status: 413,
    },
    { name: 'a request without a session', send: () => post(jsonRpc('tools/list')), status: 400 },
    {
      name: 'an unknown session',
      send: () => post(jsonRpc('tools/list'), { 'mcp-session-id': 'nope' }),
      status: 404,
    },
    {
      name: 'a session of another key',
      send: async () =>
        post(jsonRpc('tools/list'), {
          'mcp-session-id': await openSession(),
          authorization: `Bearer ${otherKey}`,
        }),
      status: 404,
    },
    {
      name: 'an unsupported protocol version',
      send: async () =>
        post(jsonRpc('tools/list'), {
          'mcp-session-id': await openSession(),
          'mcp-protocol-version': '1999-01-01',
        }),
      status: 400,
    },
    {
      name: 'an unsupported protocol version before there is a session',
      send: () => post(initialize, { 'mcp-protocol-version': '1999-01-01' }),
      status: 400,
    },
    { name: 'initialize in a batch', send: () => post(`[${initialize}]`), status: 400 },
    {
      name: 'a batch where the revision has none',
      send: async () => post(`[${jsonRpc('ping')}]`, { 'mcp-session-id': await openSession() }),
      status: 400,
    },
    {
      name: 'GET without a session and without SSE',
      send: () => fetch(`${gateway.url}/mcp`, { headers: { authorization: `Bearer ${key}` } }),
      status: 406,
    },
    {
      name: 'DELETE of an unknown session',
      send: () =>
        fetch(`${gateway.url}/mcp`, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${key}`, 'mcp-session-id': 'nope' },
        }),
      status: 404,
    },
    {
      name: 'PUT',
      send: () => fetch(`${gateway.url}/mcp`, { method: 'PUT', headers: { authorization: `Bearer ${key}` } }),
      status: 405,
    },
    { name: 'an unknown scope', send: () => post(initialize, {}, '/mcp/nowhere'), status: 404 },
    {
      name: 'a scope in the header that is unknown',
      send: () => post(initialize, { 'x-mcp-servers': 'demo,nowhere' }),
      status: 404,
    },
    {
      name: 'a request that narrows its session to what is unknown',
      send: async () =>
        post(jsonRpc('tools/list'), { 'mcp-session-id': await openSession(), 'x-mcp-servers': 'nowhere' }),
      status: 404,
    },
    {
      name: 'messages without a session',
      send: () => post(initialize, {}, '/mcp/sse/messages'),
      status: 400,
    },
    {
      name: 'messages of an unknown session',
      send: () => post(initialize, {}, '/mcp/sse/messages?session_id=0123456789abcdef0123456789abcdef'),
      status: 404,
    },
  ];

  test.each(cases)('$name: $status', async ({ send, status, code }) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(response.headers.get('x-request-id')).toEqual(expect.any(String));
    const body = (await response.json()) as { jsonrpc: string; error: { code: number; message: string } };
    expect(body.jsonrpc).toBe('2.0');
    expect(body.error.message.length).toBeGreaterThan(5);
    if (code !== undefined) expect(body.error.code).toBe(code);
    if (status === 401) expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  async function rpc(
    session: string,
    method: string,
    params: unknown,
    id: number | string = 7,
  ): Promise<Record<string, unknown>> {
    const response = await post(jsonRpc(method, params, id), { 'mcp-session-id': session });
    expect(response.status).toBe(200);
    return (await response.json()) as Record<string, unknown>;
  }

  test('errors of a call name what was wrong', async () => {
    const session = await openSession();
    expect(await rpc(session, 'tools/call', { name: 'nope' })).toMatchObject({
      id: 7,
      error: { code: -32602, message: 'Unknown tool: nope' },
    });
    expect(await rpc(session, 'tools/call', { name: 'demo__add', arguments: [1] })).toMatchObject({
      error: { code: -32602, message: expect.stringContaining('"arguments" must be an object') },
    });
    expect(await rpc(session, 'tools/call', {})).toMatchObject({ error: { code: -32602 } });
    expect(await rpc(session, 'no/such/method', {})).toMatchObject({ error: { code: -32601 } });
    expect(await rpc(session, 'tools/list', { cursor: 'tampered' })).toMatchObject({
      error: { code: -32602 },
    });
  });

  test('ids come back as they were sent, whatever they look like', async () => {
    const session = await openSession();
    for (const id of [0, -1, 1.5, 9007199254740991, '1', '', 'ünï"\\', '"id":1']) {
      expect(
        await rpc(session, 'tools/call', { name: 'demo__add', arguments: { a: 1, b: 2 } }, id),
      ).toMatchObject({
        jsonrpc: '2.0',
        id,
        result: { structuredContent: { sum: 3 } },
      });
    }
  });

  test('a bare tool name works where it is unambiguous', async () => {
    const session = await openSession();
    expect(await rpc(session, 'tools/call', { name: 'add', arguments: { a: 2, b: 2 } })).toMatchObject({
      result: { structuredContent: { sum: 4 } },
    });
  });

  test('what needs no answer is accepted without one', async () => {
    const accepted = await post('{"jsonrpc":"2.0","method":"notifications/initialized"}', {
      'mcp-session-id': await openSession(),
    });
    expect(accepted.status).toBe(202);
    expect(await accepted.text()).toBe('');
    expect(accepted.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test.each(['/mcp/demo', '/demo/mcp', '/mcp/demo,demo', '/mcp/dem%6f/', '/mcp/demo?x=1'])(
    'a session lives at %s',
    async (path) => {
      const opened = await post(initialize, {}, path);
      const session = opened.headers.get('mcp-session-id') ?? '';
      await opened.body?.cancel();
      const listed = await post(jsonRpc('tools/list'), { 'mcp-session-id': session }, path);
      expect(await listed.json()).toMatchObject({ result: { tools: expect.any(Array) } });
    },
  );

  test.each(['/sse', '/sse/', '/mcp/sse', '/mcp/sse/', '/mcp', '/mcp/', '/demo/sse', '/mcp/demo'])(
    'GET %s opens an event stream whose first event says where to post',
    async (path) => {
      const leaving = new AbortController();
      const response = await fetch(gateway.url + path, {
        headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
        redirect: 'error',
        signal: leaving.signal,
      });
      const first = (await response.body?.getReader().read()) as { value?: Uint8Array } | undefined;
      leaving.abort();
      expect(Buffer.from(first?.value ?? []).toString()).toMatch(
        /^event: endpoint\ndata: \/mcp\/sse\/messages\?session_id=[0-9a-f]{32}\n\n$/,
      );
    },
  );

  test('an ended session is gone', async () => {
    const session = await openSession();
    const ended = await fetch(`${gateway.url}/mcp`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${key}`, 'mcp-session-id': session },
    });
    expect(ended.status).toBe(200);
    const after = await post(jsonRpc('ping'), { 'mcp-session-id': session });
    expect(after.status).toBe(404);
    await after.body?.cancel();
  });

  test('an older version asked for is answered with that version', async () => {
    for (const version of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']) {
      const response = await post(
        jsonRpc('initialize', {
          protocolVersion: version,
          capabilities: {},
          clientInfo: { name: 't', version: '1' },
        }),
      );
      expect(await response.json()).toMatchObject({
        result: { protocolVersion: version, serverInfo: { name: 'toolgate' } },
      });
    }
    const unknown = await post(
      jsonRpc('initialize', {
        protocolVersion: '2030-01-01',
        capabilities: {},
        clientInfo: { name: 't', version: '1' },
      }),
    );
    expect(await unknown.json()).toMatchObject({ result: { protocolVersion: '2025-11-25' } });
  });

  test('batches are answered in 2025-03-26', async () => {
    const opened = await post(
      jsonRpc('initialize', {
        protocolVersion: '2025-03-26',
        capabilities: {},
        clientInfo: { name: 't', version: '1' },
      }),
    );
    const session = opened.headers.get('mcp-session-id') ?? '';
    const answer = await post(
      `[${jsonRpc('ping', {}, 1)},${jsonRpc('tools/call', { name: 'demo__add', arguments: { a: 1, b: 1 } }, 2)}]`,
      { 'mcp-session-id': session },
    );
    const answers = (await answer.json()) as { id: number }[];
    expect(answers.map(({ id }) => id).sort()).toEqual([1, 2]);
    const tooMany = await post(
      `[${Array.from({ length: 101 }, (_, id) => jsonRpc('ping', {}, id)).join(',')}]`,
      { 'mcp-session-id': session },
    );
    expect(tooMany.status).toBe(400);
    await tooMany.body?.cancel();
  });
});

describe('a restart of the gateway', () => {
  test('Streamable HTTP sessions go on', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'toolgate-data-'));
    const one = await startGateway({ dataDir });
    const { body } = await one.api('POST', '/key/generate', {});
    const headers = {
      authorization: `Bearer ${String(body['key'])}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    };
    const opened = await fetch(`${one.url}/mcp`, { method: 'POST', body: initialize, headers });
    const session = opened.headers.get('mcp-session-id') ?? '';
    await opened.body?.cancel();
    expect(await one.stop()).toBe(0);

    const two = await startGateway({ dataDir, waitFor: 'port' });
    const answer = await fetch(`${two.url}/mcp`, {
      method: 'POST',
      body: jsonRpc('tools/list'),
      headers: { ...headers, 'mcp-session-id': session },
    });
    expect(answer.status).toBe(200);
    const listed = (await answer.json()) as { result: { tools: { name: string }[] } };
    expect(listed.result.tools.map(({ name }) => name)).toContain('demo__add');
    await two.stop();
    await rm(dataDir, { recursive: true, force: true });
  }, 90_000);
});

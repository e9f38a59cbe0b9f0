import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { serveInProcess, type InProcessGateway } from '../support/in-process.js';
import { connectSse } from '../support/mcp-clients.js';
import { fixtureCommand } from '../support/upstreams/fixture.js';
import { until } from '../support/until.js';

type Row = Readonly<Record<string, unknown>>;
type Level = 'organization' | 'team' | 'user' | 'key';
interface Told {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly code: unknown;
  readonly message: unknown;
}

const { command, args } = fixtureCommand();
const config = `
mcp_servers:
  demo:
    transport: stdio
    command: ${JSON.stringify(command)}
    args: ${JSON.stringify(args)}
    mcp_info: { mcp_server_cost_info: { default_cost_per_query: 0.01 } }
model_list:
  - { model_name: mock, litellm_params: { model: openai/mock, mock_response: Hello from the mock } }
`;

/** Every limit on every level, as a client meets it. */
describe('limits', () => {
  let gateway: InProcessGateway;
  let made = 0;

  beforeAll(async () => {
    gateway = await serveInProcess(config);
    const isListed = async (): Promise<boolean> =>
      JSON.stringify((await gateway.request('GET', '/mcp/tools/list')).body).includes('demo__echo');
    await until(isListed, 60_000);
    await until(async () => (await gateway.request('GET', '/health/readiness')).status === 200, 60_000);
  }, 120_000);
  afterAll(() => gateway.close(), 60_000);

  const make = async (path: string, body: object): Promise<Row> => {
    const answer = await gateway.request('POST', path, body);
    if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body as Row;
  };

  /** Two keys under one level that has the limits; where the level is the key, the same one twice. */
  const twoKeysUnder = async (level: Level, limits: object): Promise<readonly string[]> => {
    const id = `limited-${++made}`;
    const issue = async (body: object): Promise<string> =>
      (await make('/key/generate', body))['key'] as string;
    switch (level) {
      case 'organization':
        await make('/organization/new', { organization_id: id, organization_alias: id, ...limits });
        return [await issue({ organization_id: id }), await issue({ organization_id: id })];
      case 'team':
        await make('/team/new', { team_id: id, ...limits });
        return [await issue({ team_id: id }), await issue({ team_id: id })];
      case 'user':
        await make('/user/new', { user_id: id, auto_create_key: false, ...limits });
        return [await issue({ user_id: id }), await issue({ user_id: id })];
      case 'key': {
        const key = await issue({ key_alias: id, ...limits });
        return [key, key];
      }
    }
  };

  const ask = async (path: string, body: object, key = '', headers: Row = {}): Promise<Told> => {
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const { error } = (await response.json()) as { error?: { code?: unknown; message?: string } };
    const retryAfter = response.headers.get('retry-after');
    return { status: response.status, retryAfter, code: error?.code, message: error?.message };
  };
  const echo = { name: 'demo__echo', arguments: { message: 'x' } };
  const call = (key = ''): Promise<Told> => ask('/mcp/tools/call', echo, key);
  const chat = (key = ''): Promise<Told> =>
    ask('/v1/chat/completions', { model: 'mock', messages: [{ role: 'user', content: 'x' }] }, key);

  const levels: Level[] = ['organization', 'team', 'user', 'key'];
  const midnight = () => Math.ceil((86_400_000 - (Date.now() % 86_400_000)) / 1_000);

  describe.each(levels)('on a %s', (level) => {
    const label = () => `${level} limited-${made}`;

    it.each([
      ['rpm_limit', { rpm_limit: 2 }, 'limit 2 requests/minute for LABEL, resets in N s.', 60],
      [
        'mcp_rpm_limit',
        { mcp_rpm_limit: { demo: 2 } },
        'limit 2 calls/minute to demo for LABEL, resets in N s.',
        60,
      ],
      [
        'mcp_calls_per_day',
        { mcp_calls_per_day: 2 },
        'limit 2 calls/day for LABEL, resets 00:00 UTC.',
        86_400,
      ],
    ])('%s', async (_name, limits, text, longestSeconds) => {
      const [one, other] = await twoKeysUnder(level, limits);
      expect([(await call(one)).status, (await call(other)).status]).toEqual([200, 200]);
      const refused = await call(one);
      expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
      const message = String(refused.message)
        .replace(label(), 'LABEL')
        .replace(/in \d+ s/, 'in N s');
      expect(message).toBe(`Rate limit reached: ${text}`);
      const wait = Number(refused.retryAfter);
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(longestSeconds);
      if (text.includes('00:00')) expect(Math.abs(wait - midnight())).toBeLessThanOrEqual(2);
    });

    it('max_budget', async () => {
      const [one, other] = await twoKeysUnder(level, { max_budget: 0.02, budget_duration: '30d' });
      expect([(await call(one)).status, (await call(other)).status]).toEqual([200, 200]);
      const refused = await call(one);
      expect(refused).toMatchObject({ status: 429, code: 'budget_exceeded' });
      expect(String(refused.message)).toContain(`limit $0.02 per 30d for ${label()}, resets `);
      expect(Number(refused.retryAfter)).toBeGreaterThan(29 * 86_400);
    });

    it('tpm_limit', async () => {
      const [one, other] = await twoKeysUnder(level, { tpm_limit: 5 });
      expect((await chat(one)).status).toBe(200);
      const refused = await chat(other);
      expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
      expect(String(refused.message)).toContain(`limit 5 tokens/minute for ${label()}, resets in `);
      // Tools take no tokens.
      expect((await call(one)).status).toBe(200);
    });

    it('max_parallel_requests', async () => {
      const [one, other] = await twoKeysUnder(level, { max_parallel_requests: 1 });
      const slow = ask('/mcp/tools/call', { name: 'demo__sleep', arguments: { ms: 1_500 } }, one);
      const servers = async () =>
        JSON.stringify((await gateway.request('GET', '/v1/mcp/server/health')).body);
      await until(async () => (await servers()).includes('"in_flight":1'));
      const refused = await call(other);
      expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded', retryAfter: '1' });
      expect(refused.message).toContain(`limit 1 parallel requests for ${label()}`);
      expect((await slow).status).toBe(200);
      expect((await call(other)).status).toBe(200);
    });
  });

  it('the smallest of all levels wins, and what it refuses counts on none', async () => {
    const organization_id = 'wide';
    await make('/organization/new', { organization_id, organization_alias: 'wide', mcp_calls_per_day: 4 });
    await make('/team/new', { team_id: 'middle', organization_id, mcp_calls_per_day: 9 });
    const narrow = (await make('/key/generate', { team_id: 'middle', mcp_calls_per_day: 1 }))[
      'key'
    ] as string;
    const free = (await make('/key/generate', { team_id: 'middle' }))['key'] as string;
    const statuses = [];
    for (const key of [narrow, narrow, narrow, free, free, free, free])
      statuses.push((await call(key)).status);
    expect(statuses).toEqual([200, 429, 429, 200, 200, 200, 429]);
  });

  it('a limit may name the server by its id, and one that names no server is warned of', async () => {
    const { body } = await gateway.request('GET', '/v1/mcp/server/demo');
    const { server_id } = body as { server_id: string };
    const row = await make('/key/generate', { mcp_rpm_limit: { [server_id]: 1, nobody: 1 } });
    expect(row['warnings']).toEqual([expect.stringMatching(/^mcp_rpm_limit: "nobody" names no server/)]);
    const key = row['key'] as string;
    expect([(await call(key)).status, (await call(key)).status]).toEqual([200, 429]);
  });

  it('more keys are no more calls: 50 that are made at once share what their user has', async () => {
    await make('/user/new', {
      user_id: 'many',
      auto_create_key: false,
      mcp_calls_per_day: 20,
      rpm_limit: 500,
    });
    const { key } = await make('/key/generate', { user_id: 'many', max_budget: 5, allowed_routes: ['/*'] });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => {
        // Every second one asks for more than its maker has.
        const body = { key_alias: `many-${n}`, allowed_routes: ['/*'], max_budget: n % 2 === 0 ? 5 : 5.01 };
        return gateway.request('POST', '/key/generate', body, key as string);
      }),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map((_, n) => (n % 2 === 0 ? 200 : 403)));
    const list = (await gateway.request('GET', '/key/list?user_id=many', undefined)).body as Row;
    expect(list['total_count']).toBe(26);
    const keys = answers.flatMap(({ status, body }) =>
      status === 200 ? [(body as Row)['key'] as string] : [],
    );
    const calls = await Promise.all([...keys, ...keys].map((own) => call(own)));
    expect(calls.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(calls.filter(({ status }) => status === 429)).toHaveLength(30);
  });

  it('one name is taken once, whoever asks for it at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => gateway.request('POST', '/key/generate', { key_alias: 'wanted' })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 49 }, () => 409)]);
  });

  describe('are told on every surface', () => {
    const limited = async (): Promise<string> => {
      const key = (await make('/key/generate', { rpm_limit: 1 }))['key'] as string;
      expect((await call(key)).status).toBe(200);
      return key;
    };
    const accept = { accept: 'application/json, text/event-stream' };
    const request = (params: object) => ({ jsonrpc: '2.0', id: 7, method: 'tools/call', params });
    const reached = expect.stringContaining('limit 1 requests/minute for key');
    const aMinute = expect.stringMatching(/^(?:5\d|60)$/);

    it('REST, LiteLLM’s and ours, and chat completions', async () => {
      const key = await limited();
      for (const told of [await call(key), await ask('/mcp-rest/tools/call', echo, key), await chat(key)]) {
        expect(told).toEqual({
          status: 429,
          retryAfter: aMinute,
          code: 'rate_limit_exceeded',
          message: reached,
        });
      }
    });

    it('Streamable HTTP', async () => {
      const key = await limited();
      const opened = await fetch(`${gateway.url}/mcp`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...accept },
        body: JSON.stringify({
          ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
          params: {
            protocolVersion: '2025-06-18',
            capabilities: {},
            clientInfo: { name: 'x', version: '1' },
          },
        }),
      });
      const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '', ...accept };
      expect(await ask('/mcp', request(echo), key, session)).toEqual({
        ...{ status: 429, retryAfter: aMinute, code: -32603, message: reached },
      });
      for (const [method, params] of [
        ['resources/read', { uri: 'test://note' }],
        ['prompts/get', { name: 'demo__greet', arguments: { name: 'x' } }],
      ] as const) {
        expect(await ask('/mcp', { ...request(params), method }, key, session)).toMatchObject({
          status: 429,
        });
      }
    });

    it('stateless HTTP', async () => {
      const key = await limited();
      const version = '2026-07-28';
      const meta = {
        'io.modelcontextprotocol/protocolVersion': version,
        'io.modelcontextprotocol/clientCapabilities': {},
      };
      const headers = {
        ...accept,
        'mcp-protocol-version': version,
        'mcp-method': 'tools/call',
        'mcp-name': echo.name,
      };
      expect(await ask('/mcp', request({ ...echo, _meta: meta }), key, headers)).toEqual({
        ...{ status: 429, retryAfter: aMinute, code: -32603, message: reached },
      });
    });

    it('HTTP+SSE', async () => {
      const key = await limited();
      const { client } = await connectSse(gateway.url, key);
      await expect(client.callTool(echo)).rejects.toMatchObject({ code: -32603, message: reached });
      await client.close();
    });
  });
});

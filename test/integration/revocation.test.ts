import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { serveInProcess, type InProcessGateway, type ServingAnswer } from '../support/in-process.js';
import { MockProvider, silence } from '../support/mock-provider.js';
import { fixtureCommand } from '../support/upstreams/fixture.js';
import { connectHttp, connectSse } from '../support/mcp-clients.js';
import { postModern } from '../support/modern-client.js';
import { until } from '../support/until.js';

type Row = Readonly<Record<string, unknown>>;

const config = (provider: MockProvider, groups: string): string => {
  const { command, args } = fixtureCommand();
  const fixture = `transport: stdio, command: ${JSON.stringify(command)}, args: ${JSON.stringify(args)}`;
  return `
mcp_servers:
  narrow: { ${fixture}, max_concurrent_requests: 1, access_groups: [${groups}] }
  wide: { ${fixture} }
model_list:
  - { model_name: slow, litellm_params: { model: openai/slow, api_key: k, api_base: "${provider.base}" } }
`;
};

/** What was let in and is not over yet: it ends with the key, and with what the key may do (contract, "At once"). */
describe('calls under way', () => {
  let gateway: InProcessGateway;
  let provider: MockProvider;

  beforeAll(async () => {
    provider = await MockProvider.start();
    gateway = await serveInProcess(config(provider, 'engineering'));
    const listed = async (): Promise<string> =>
      JSON.stringify((await gateway.request('GET', '/mcp/tools/list')).body);
    await until(async () => (await listed()).includes('narrow__sleep'));
    await until(async () => (await listed()).includes('wide__sleep'));
    await until(async () => (await gateway.request('GET', '/health/readiness')).status === 200);
  }, 60_000);
  afterAll(async () => {
    await gateway.close();
    await provider.close();
  }, 60_000);

  const post = (path: string, body: object, key?: string) => gateway.request('POST', path, body, key);
  const issue = async (body: object): Promise<{ key: string; id: string }> => {
    const { status, body: row } = await post('/key/generate', body);
    expect(status).toBe(200);
    return { key: (row as Row)['key'] as string, id: (row as Row)['key_id'] as string };
  };
  const call = (key: string, name: string, args: object): Promise<ServingAnswer> =>
    post('/mcp/tools/call', { name, arguments: args }, key);
  const stateOf = async (name: string): Promise<{ in_flight: number; queued: number }> => {
    const { body } = await gateway.request('GET', '/v1/mcp/server/health');
    const { servers } = body as { servers: Record<string, Row> };
    const found = Object.values(servers).find((server) => server['server_name'] === name);
    return found as { in_flight: number; queued: number };
  };
  const narrow = () => stateOf('narrow');
  const codeOf = ({ status, body }: ServingAnswer): [number, unknown] => [
    status,
    (body as { error?: Row }).error?.['code'] ?? body,
  ];
  /** Within a second; what was asked for would take a minute. */
  const soon = async (answer: Promise<ServingAnswer>): Promise<[number, unknown]> => {
    const startedAt = Date.now();
    const code = codeOf(await answer);
    expect(Date.now() - startedAt).toBeLessThan(1_000);
    return code;
  };
  const minute = { ms: 60_000 };

  it('end with a key that is blocked, those that wait for their upstream too', async () => {
    const { key, id } = await issue({});
    const running = call(key, 'narrow__sleep', minute);
    await until(async () => (await narrow()).in_flight === 1);
    const waiting = call(key, 'narrow__echo', { message: 'never sent' });
    await until(async () => (await narrow()).queued === 1);
    await post('/key/block', { key: id });
    expect(await soon(waiting)).toEqual([401, 'key_blocked']);
    expect(await soon(running)).toEqual([401, 'key_blocked']);
    await until(async () => (await narrow()).in_flight === 0);
    const rows = async () =>
      ((await gateway.request('GET', `/v1/audit?key=${id}&tool=narrow__echo`)).body as { data: Row[] }).data;
    await until(async () => (await rows()).length === 1);
    expect((await rows())[0]).toMatchObject({
      decision: 'denied',
      outcome: 'denied',
      error_code: 'key_blocked',
    });
  });

  it('end over MCP with what a new one would hear, before the session goes', async () => {
    const { key, id } = await issue({});
    const { client } = await connectHttp(gateway.url, key);
    const listening = await connectSse(gateway.url, key);
    const sleep = { name: 'wide__sleep', arguments: minute };
    const calls = [client.callTool(sleep), listening.client.callTool(sleep)];
    const heard = Promise.allSettled(calls);
    const stateless = postModern(gateway.url, key, 'tools/call', sleep);
    await until(async () => (await stateOf('wide')).in_flight === 3);
    await post('/key/block', { key: id });
    const [http, sse] = await heard;
    expect(String((http as PromiseRejectedResult).reason)).toContain('key is blocked');
    expect(String((sse as PromiseRejectedResult).reason)).toContain('key is blocked');
    expect(await stateless).toMatchObject({
      status: 401,
      body: { error: { data: { code: 'key_blocked' } } },
    });
    await until(async () => (await stateOf('wide')).in_flight === 0);
    await Promise.allSettled([client.close(), listening.client.close()]);
  });

  it.each<[string, object]>([
    ['a denial', { mcp_denied_tools: ['narrow__sleep'] }],
    ['a narrower list', { mcp_tool_permissions: { narrow: ['echo'] } }],
    ['nothing at all', { mcp_servers: ['no-mcp-servers'] }],
  ])('end with %s on their key, and the others go on', async (_what, object_permission) => {
    const { key, id } = await issue({ object_permission: { mcp_servers: ['narrow', 'wide'] } });
    const other = await issue({});
    const mine = call(key, 'narrow__sleep', minute);
    await until(async () => (await narrow()).in_flight === 1);
    const theirs = call(other.key, 'narrow__sleep', { ms: 300 });
    await post('/key/update', { key: id, object_permission });
    expect(await soon(mine)).toEqual([404, 'unknown_tool']);
    expect((await theirs).status).toBe(200);
  });

  it('end when their server leaves the access group that granted it', async () => {
    const { key } = await issue({ object_permission: { mcp_access_groups: ['engineering'] } });
    const mine = call(key, 'narrow__sleep', minute);
    const free = await issue({});
    const theirs = call(free.key, 'wide__sleep', { ms: 500 });
    await until(async () => (await narrow()).in_flight === 1);
    await gateway.configure(config(provider, 'support'));
    expect(codeOf(await mine)).toEqual([404, 'unknown_tool']);
    expect((await theirs).status).toBe(200);
  });

  it('go on under the new secret when a regeneration ends the old one', async () => {
    const { key, id } = await issue({});
    const rotated = (await post(`/key/${id}/regenerate`, { grace_period: '1s' })).body as Row;
    const old = call(key, 'wide__sleep', minute);
    const young = call(rotated['key'] as string, 'wide__sleep', { ms: 2_000 });
    await post(`/key/${id}/regenerate`, { grace_period: '1h' });
    expect(await soon(old)).toEqual([401, 'invalid_api_key']);
    expect((await young).status).toBe(200);
  });

  it('end in completions too', async () => {
    const { key, id } = await issue({});
    provider.script(silence);
    const completion = post(
      '/v1/chat/completions',
      { model: 'slow', messages: [{ role: 'user', content: 'x' }] },
      key,
    );
    await until(() => provider.seen.length > 0);
    await post('/key/delete', { keys: [id] });
    expect(await soon(completion)).toEqual([401, 'invalid_api_key']);
  });
});

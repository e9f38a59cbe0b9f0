import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { eventually, freePort, startGateway, type RunningGateway } from '../support/gateway.js';
import { ManyServers } from '../support/upstreams/many-servers.js';

const serverCount = 200;
const sessionCount = 20;

const rpc = (method: string, params: unknown, id = 1): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

const initialize = rpc('initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
});

/** Changes, a stop and a start under load. The tests follow one gateway through its life: their order counts. */
describe('a gateway that changes under way', () => {
  const servers = new ManyServers();
  let dataDir: string;
  let port: number;
  let gateway: RunningGateway;
  let headers: Record<string, string>;
  let sessions: readonly string[] = [];

  const configOf = (changedPath: string): string =>
    `mcp_servers:\n${Array.from({ length: serverCount }, (_, i) => {
      const path = i === 7 ? changedPath : `s${i}`;
      return `  s${i}: { url: "${servers.url(path)}", transport: http }\n`;
    }).join('')}`;

  const post = (body: string, session?: string): Promise<Response> =>
    fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      body,
      headers: session === undefined ? headers : { ...headers, 'mcp-session-id': session },
    });

  const callOn = async (session: string, server: number, ms = 0): Promise<string> => {
    const response = await post(rpc('tools/call', { name: `s${server}__wait`, arguments: { ms } }), session);
    const text = await response.text();
    return response.status === 200 && text.includes('"done"') ? 'done' : `${response.status} ${text}`;
  };

  beforeAll(async () => {
    await servers.start();
    dataDir = await mkdtemp(join(tmpdir(), 'toolgate-data-'));
    port = await freePort();
    gateway = await startGateway({ config: configOf('s7'), dataDir, port });
    const { body } = await gateway.api('POST', '/key/generate', {});
    headers = {
      authorization: `Bearer ${String(body['key'])}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    };
    await eventually(
      'every server is listed',
      async () => {
        const { body } = await gateway.api('GET', '/mcp/tools/list');
        return (body['tools'] as unknown[]).length === serverCount;
      },
      60_000,
    );
    sessions = await Promise.all(
      Array.from({ length: sessionCount }, async () => {
        const opened = await post(initialize);
        await opened.text();
        return opened.headers.get('mcp-session-id') ?? '';
      }),
    );
  }, 150_000);

  afterAll(async () => {
    await gateway.stop();
    servers.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('one changed server of two hundred is one new connection, and no call fails', async () => {
    // Looks for conditional tools have come and gone.
    await eventually(
      'the servers are left in peace',
      async () => {
        const before = servers.totalOpened;
        await sleep(1_500);
        return servers.totalOpened === before;
      },
      60_000,
    );
    const before = new Map(servers.opened);
    const answers = new Set<string>();
    const load = new AbortController();
    const loops = sessions.slice(0, 5).map(async (session, i) => {
      for (let turn = i; !load.signal.aborted; turn++)
        answers.add(await callOn(session, [7, 8, 100][turn % 3] ?? 0));
    });
    const file = join(gateway.folder, 'config.yaml');
    await writeFile(`${file}.new`, configOf('s7-new'));
    await rename(`${file}.new`, file);
    await eventually('the new address is connected', () => servers.opened.has('/s7-new'), 30_000);
    await sleep(500);
    load.abort();
    await Promise.all(loops);
    expect([...answers]).toEqual(['done']);
    const reconnected = [...servers.opened].filter(([path, count]) => count !== before.get(path));
    expect(reconnected.map(([path]) => path)).toEqual(['/s7-new']);
  }, 120_000);

  test('on SIGTERM it takes nothing new, finishes what is under way, ends streams and exits with 0', async () => {
    const [first = '', second = ''] = sessions;
    const underWay = callOn(first, 1, 2_000);
    const stream = await fetch(`${gateway.url}/sse`, {
      headers: { ...headers, accept: 'text/event-stream' },
    });
    const streamed = stream.text();
    await eventually('the call is at the server', () => servers.calls > 0);
    const stopped = gateway.stop();
    await eventually('readiness says so', async () => {
      const answer = await fetch(`${gateway.url}/health/readiness`).catch(() => null);
      return answer?.status === 503;
    });
    expect((await post(initialize)).status).toBe(503);
    // Nor on routes that go through Nest's router.
    expect((await gateway.api('GET', '/key/list')).status).toBe(503);
    expect((await callOn(second, 1)).slice(0, 3)).not.toBe('200');
    expect(await underWay).toBe('done');
    expect(await streamed).toContain('event: endpoint');
    expect(await stopped).toBe(0);
  }, 60_000);

  test('sessions go on after the restart, with the first request that finds the port open', async () => {
    gateway = await startGateway({ config: configOf('s7-new'), dataDir, port, waitFor: 'port' });
    const answers = await Promise.all(sessions.map((session, i) => callOn(session, i)));
    expect(answers).toEqual(Array<string>(sessionCount).fill('done'));
    const listed = await (await post(rpc('tools/list', {}), sessions[0])).json();
    expect((listed as { result: { tools: unknown[] } }).result.tools).toHaveLength(serverCount);
  }, 90_000);

  test('a second signal ends it at once', async () => {
    await eventually('it is ready', async () => (await fetch(`${gateway.url}/health/readiness`)).ok, 30_000);
    const underWay = callOn(sessions[0] ?? '', 1, 20_000).catch(() => 'cut');
    await eventually('the call is at the server', () => servers.calls > 0);
    gateway.process.kill('SIGTERM');
    await eventually('readiness says so', async () => {
      const answer = await fetch(`${gateway.url}/health/readiness`).catch(() => null);
      return answer?.status === 503;
    });
    expect(await gateway.stop()).toBe(1);
    expect(await underWay).toBe('cut');
  }, 60_000);
});

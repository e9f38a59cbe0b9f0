import { once } from 'node:events';

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { RawClient } from '../support/clients/raw-client.js';
import { modernHeaders, modernMeta, openSession, request } from '../support/clients/wire.js';
import { eventually, masterKey } from '../support/gateway.js';
import { ways } from '../support/hot-routes.js';
import { framed, startRawLab, type RawLab, type RawRequest } from '../support/raw-surfaces.js';

const MiB = 1024 * 1024;

/** Clients that send and never read: they are held up or cut, and nobody else notices. */
describe.each(ways)('a client that never reads, through %s', (_, hotRoutes) => {
  let lab: RawLab;
  const clients: RawClient[] = [];

  beforeAll(async () => {
    lab = await startRawLab(hotRoutes, { send_buffer_bytes: MiB });
  }, 60_000);

  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
  });

  afterAll(() => lab.stop());

  async function deaf(): Promise<RawClient> {
    const client = await RawClient.connect(lab.gateway.port);
    clients.push(client);
    client.socket.pause();
    return client;
  }

  async function expectOthersServed(): Promise<void> {
    for (const surface of Object.values(lab.surfaces)) {
      const client = await RawClient.connect(lab.gateway.port);
      clients.push(client);
      expect(await surface.answer(1, await client.write(framed(surface.ask(1, 'well'))).next())).toBe('well');
    }
  }

  const post = (path: string, body: unknown, headers: Record<string, string> = {}): RawRequest => ({
    head: lab.head('POST', path, { 'Content-Type': 'application/json', ...headers }),
    body: JSON.stringify(body),
  });
  const large = { name: 'up__payload', arguments: { bytes: MiB } };

  /** Makes requests whose answers are a mebibyte each. */
  const greedy: Readonly<Record<string, () => Promise<(id: number) => RawRequest>>> = {
    'Streamable HTTP': async () => {
      const session = await openSession({ url: `${lab.gateway.url}/mcp`, key: lab.key });
      return (id) => post('/mcp', request('tools/call', large, id), session);
    },
    '2026-07-28': () => {
      const params = { ...large, _meta: modernMeta() };
      const headers = modernHeaders('tools/call', large.name);
      return Promise.resolve((id) => post('/mcp', request('tools/call', params, id), headers));
    },
    REST: () => Promise.resolve(() => post('/mcp/tools/call', large)),
    completions: () => Promise.resolve((id) => lab.surfaces.completions.ask(id, `${MiB} bytes`)),
  };

  /** Calls of tools and of the model so far. */
  async function calls(): Promise<number> {
    const headers = { authorization: `Bearer ${masterKey}` };
    const metrics = await (await fetch(`${lab.gateway.url}/metrics`, { headers })).text();
    const counts = metrics.matchAll(/^toolgate_calls_total\{.*\} (\d+)$/gm);
    return lab.provider.seen.length + [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** Calls that there were once nothing moves any more. */
  async function callsAtRest(): Promise<number> {
    const counts: number[] = [];
    return eventually('that nothing moves', async () => {
      counts.push(await calls());
      const last = counts.slice(-10);
      return last.length === 10 && new Set(last).size === 1 && last[0];
    });
  }

  test.each(Object.entries(greedy))('%s: of 300 calls sent at once, few are begun', async (_name, asker) => {
    const ask = await asker();
    const before = await calls();
    (await deaf()).write(Array.from({ length: 300 }, (_, id) => framed(ask(id))).join(''));
    await eventually('the first call', async () => (await calls()) > before);
    // The kernel keeps some mebibytes for a connection; when it is full, nothing moves.
    expect((await callsAtRest()) - before).toBeLessThan(60);
    await expectOthersServed();
  });

  test('HTTP+SSE: its stream is cut once more waits for it than the cap, and its session ends', async () => {
    const { gateway, head } = lab;
    const client = await RawClient.connect(gateway.port);
    clients.push(client);
    client.write(`${head('GET', '/sse', { Accept: 'text/event-stream' })}\r\n`);
    const endpoint = await client.until(/event: endpoint\ndata: (\S+)\n/);
    client.socket.pause();
    const ask = post(endpoint, request('tools/call', large));
    const sender = await RawClient.connect(gateway.port);
    clients.push(sender);
    let accepted = 0;
    while (accepted < 100 && (await sender.write(framed(ask)).next()).status === 202) accepted++;
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(100);
    await expectOthersServed();
  });

  test('a streamed completion: the provider is held up, and let go when the client is gone', async () => {
    const event = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(MiB) } }] })}\n\n`;
    let written = 0;
    lab.provider.script(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (; written < 300 && !response.destroyed; written++) {
        if (!response.write(event)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
      response.end();
    });
    const seen = lab.provider.seen.length;
    const body = { model: 'mock', stream: true, messages: [{ role: 'user', content: 'x' }] };
    const client = await deaf();
    client.write(framed(post('/v1/chat/completions', body)));
    await eventually('the request', () => lab.provider.seen.length > seen);
    const asked = lab.provider.last;
    await callsAtRest();
    expect(written).toBeLessThan(60);
    await expectOthersServed();
    client.destroy();
    await eventually('the provider is let go', () => asked.aborted);
  });
});

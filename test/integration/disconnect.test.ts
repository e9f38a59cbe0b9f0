import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import {
  openSession,
  request,
  send,
  WireStream,
  type Wire,
  type WireMessage,
} from '../support/clients/wire.js';
import { eventually, masterKey } from '../support/gateway.js';
import { serveInProcess, type InProcessGateway } from '../support/in-process.js';
import { startFixture, type RunningUpstream } from '../support/upstreams/fixture.js';

const graceMs = 700;
const nap = { name: 'up__sleep', arguments: { ms: 30_000 } };

/** What becomes of a call whose client goes away, as the upstream itself counts it. */
describe('a client that goes away', () => {
  let fixture: RunningUpstream;
  let gateway: InProcessGateway;
  let wire: Wire;

  beforeAll(async () => {
    fixture = await startFixture('http');
    gateway = await serveInProcess(
      [
        `mcp_servers: { up: { url: "${fixture.url.href}" } }`,
        `general_settings: { disconnect_grace_ms: ${graceMs}, limits: { sessions_per_key: 20 } }`,
      ].join('\n'),
    );
    wire = { url: `${gateway.url}/mcp`, key: masterKey };
    await eventually('the upstream', async () => {
      const { body } = await gateway.request('GET', '/mcp/tools/list');
      return (body as { tools: unknown[] }).tools.length > 0;
    });
  }, 60_000);

  afterAll(async () => {
    await gateway.close();
    await fixture.kill();
  });

  async function cancelledCalls(): Promise<number> {
    const { body } = await gateway.request('POST', '/mcp/tools/call', { name: 'up__cancelled_calls' });
    return Number((body as { content: { text: string }[] }).content[0]?.text);
  }

  function post(path: string, body: unknown, headers: object, signal: AbortSignal): Promise<Response> {
    return fetch(gateway.url + path, {
      method: 'POST',
      signal,
      headers: {
        authorization: `Bearer ${masterKey}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: JSON.stringify(body),
    });
  }

  /** Begins a long call; gives what makes its client go away. */
  const callers: Readonly<Record<string, () => Promise<() => void>>> = {
    REST: () => {
      const stop = new AbortController();
      post('/mcp/tools/call', nap, {}, stop.signal).catch(() => undefined);
      return Promise.resolve(() => stop.abort());
    },
    '2026-07-28': () => {
      const stop = new AbortController();
      const _meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
      };
      const headers = {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': nap.name,
      };
      post('/mcp', request('tools/call', { ...nap, _meta }), headers, stop.signal).catch(() => undefined);
      return Promise.resolve(() => stop.abort());
    },
    'HTTP+SSE': async () => {
      const stream = await WireStream.open({ url: `${gateway.url}/sse`, key: masterKey });
      const clientInfo = { name: 'wire', version: '1' };
      const params = { protocolVersion: '2024-11-05', capabilities: {}, clientInfo };
      await stream.send(request('initialize', params, 1));
      await stream.answerTo(1);
      await stream.send(request('tools/call', nap, 2));
      return () => stream.close();
    },
    'Streamable HTTP, after a while,': async () => {
      const stop = new AbortController();
      post('/mcp', request('tools/call', nap), await openSession(wire), stop.signal).catch(() => undefined);
      return () => stop.abort();
    },
  };

  test.each(Object.entries(callers))('over %s calls its call off', async (_, begin) => {
    const before = await cancelledCalls();
    const goAway = await begin();
    await sleep(150);
    expect(await cancelledCalls()).toBe(before);
    goAway();
    await eventually('the end of the call', async () => (await cancelledCalls()) === before + 1, 3_000);
  });

  test('an explicit cancel reaches the upstream, and ends the stream without an answer', async () => {
    const before = await cancelledCalls();
    const session = await openSession(wire);
    const answer = send(wire, request('tools/call', nap, 'mine'), session);
    await sleep(150);
    const params = { requestId: 'mine', reason: 'no more' };
    await send(wire, { jsonrpc: '2.0', method: 'notifications/cancelled', params }, session);
    expect((await answer).messages).toEqual([]);
    await eventually('the end of the call', async () => (await cancelledCalls()) === before + 1, 1_000);
  });

  const steps = (count: number, ms: number): unknown =>
    request('tools/call', { name: 'up__steps', arguments: { count, ms }, _meta: { progressToken: 't' } }, 5);

  /** Reads an answer until the first `count` events that have data came, and goes away. */
  async function readSome(session: object, count: number): Promise<{ lastId: string; seen: WireMessage[] }> {
    const stop = new AbortController();
    const response = await post('/mcp', steps(5, 100), session, stop.signal);
    let text = '';
    const seen = (): string[] => text.split('\n\n').filter((event) => /^data: ./m.test(event));
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString();
      if (seen().length >= count) break;
    }
    stop.abort();
    const events = seen().slice(0, count);
    const field = (event: string, name: string): string =>
      new RegExp(`^${name}: (.*)$`, 'm').exec(event)?.[1] ?? '';
    return {
      lastId: field(events.at(-1) ?? '', 'id'),
      seen: events.map((event) => JSON.parse(field(event, 'data')) as WireMessage),
    };
  }

  async function resume(session: object, lastId: string, key = masterKey): Promise<Response> {
    const headers = { authorization: `Bearer ${key}`, accept: 'text/event-stream', 'last-event-id': lastId };
    return fetch(wire.url, { headers: { ...headers, ...session } });
  }

  test('and comes back in time gets the rest of its answer, each message once', async () => {
    const before = await cancelledCalls();
    const session = await openSession(wire);
    const { lastId, seen } = await readSome(session, 2);
    const rest = await (await resume(session, lastId)).text();
    const messages = [...rest.matchAll(/^data: (.+)$/gm)].map(
      ([, data]) => JSON.parse(data ?? '') as WireMessage,
    );
    const progress = [...seen, ...messages].flatMap(({ params }) => params?.['progress'] ?? []);
    expect(progress).toEqual([1, 2, 3, 4, 5]);
    expect(messages.at(-1)).toMatchObject({ id: 5, result: { content: [{ text: 'done' }] } });
    expect(await cancelledCalls()).toBe(before);
  });

  test('and comes back too late, or as another, is told so', async () => {
    const session = await openSession(wire);
    const { lastId } = await readSome(session, 1);
    const issued = await gateway.request('POST', '/key/generate', {});
    const foreign = await resume(session, lastId, (issued.body as { key: string }).key);
    expect([foreign.status, await foreign.json()]).toMatchObject([404, { error: { code: -32600 } }]);
    await sleep(graceMs + 200);
    const late = await resume(session, lastId);
    expect([late.status, await late.json()]).toMatchObject([400, { error: { code: -32600 } }]);
  });

  test('one key has a bounded number of sessions, and room again when it ends one', async () => {
    const issued = await gateway.request('POST', '/key/generate', {});
    const mine = { ...wire, key: (issued.body as { key: string }).key };
    const sessions = [];
    for (let i = 0; i < 20; i++) sessions.push(await openSession(mine));
    const clientInfo = { name: 'wire', version: '1' };
    const opening = request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
    const refused = await send(mine, opening);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.messages).toMatchObject([
      { id: 1, error: { message: expect.stringContaining('20 open sessions') } },
    ]);
    const stream = await fetch(`${gateway.url}/sse`, {
      headers: { authorization: `Bearer ${mine.key}`, accept: 'text/event-stream' },
    });
    expect(stream.status).toBe(429);
    await stream.body?.cancel();
    await fetch(mine.url, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${mine.key}`, ...sessions[0] },
    });
    expect((await send(mine, opening)).status).toBe(200);
  });
});

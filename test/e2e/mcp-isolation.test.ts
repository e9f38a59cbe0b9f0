import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

import { textOf } from '../support/clients/client.js';
import { connectV1OverHttp, connectV1OverSse } from '../support/clients/sdk-v1.js';
import {
  openSession,
  request,
  send,
  sendModern,
  WireStream,
  type Wire,
  type WireMessage,
} from '../support/clients/wire.js';
import { startLab, type McpLab } from '../support/mcp-lab.js';
import { until } from '../support/until.js';
import {
  conformanceStdio,
  startConformanceFixture,
  type RunningUpstream,
} from '../support/upstreams/fixture.js';
import { HostileServer } from '../support/upstreams/hostile.js';

const upstreams = ['over_http', 'over_sse', 'over_stdio', 'modern_only'];

let servers: RunningUpstream[];
let hostile: HostileServer;
let lab: McpLab;
let wire: Wire;

beforeAll(async () => {
  servers = await Promise.all([
    startConformanceFixture('legacy'),
    startConformanceFixture('legacy', { transport: 'sse' }),
    startConformanceFixture('modern'),
  ]);
  hostile = await HostileServer.start();
  const [http, sse, modern] = servers.map(({ url }) => ({ url: url.href }));
  lab = await startLab({
    over_http: http ?? {},
    over_sse: sse ?? {},
    over_stdio: conformanceStdio(),
    modern_only: modern ?? {},
    hostile: { url: hostile.url.href },
  });
  wire = { url: `${lab.url}/mcp`, key: lab.key };
}, 60_000);

afterAll(async () => {
  await lab.stop();
  await hostile.close();
  for (const server of servers) await server.kill();
});

/** Sends one request and gives everything that came for it, the answer last. */
type Ask = (id: number, params: Readonly<Record<string, unknown>>) => Promise<readonly WireMessage[]>;

const openers: readonly (() => Promise<Ask>)[] = [
  async () => {
    const session = await openSession(wire);
    return async (id, params) => (await send(wire, request('tools/call', params, id), session)).messages;
  },
  async () => {
    const stream = await WireStream.open({ url: `${lab.url}/sse`, key: lab.key });
    return async (id, params) => {
      await stream.send(request('tools/call', params, id));
      const answer = await stream.answerTo(id);
      const token = (params['_meta'] as { progressToken: unknown }).progressToken;
      return [...stream.messages.filter((it) => it.params?.['progressToken'] === token), answer];
    };
  },
  () =>
    Promise.resolve(async (id, params) => {
      const { _meta, ...rest } = params as { _meta: Record<string, unknown> };
      return (await sendModern(wire, 'tools/call', rest, { id, meta: _meta })).messages;
    }),
];

test('50 clients with the same ids and tokens get what is theirs and nothing else', async () => {
  const clients = await Promise.all(
    Array.from({ length: 50 }, (_, i) => (openers[i % openers.length] as () => Promise<Ask>)()),
  );
  const calls = clients.flatMap((ask, client) =>
    upstreams.map(async (upstream, id) => {
      const note = `client ${client}, ${upstream}`;
      const params = {
        name: `${upstream}__steps`,
        arguments: { count: 3, note },
        _meta: { progressToken: `token ${id}` },
      };
      const messages = await ask(id, params);
      const told = messages.map(({ id: of, params: progress, result }) =>
        result === undefined
          ? [progress?.['progressToken'], progress?.['progress'], progress?.['message']]
          : [of, result.content?.[0]?.text],
      );
      const steps = [1, 2, 3].map((step) => [`token ${id}`, step, note]);
      expect(told).toEqual([...steps, [id, note]]);
    }),
  );
  await Promise.all(calls);
});

test('cancelling a request touches no other client with the same id', async () => {
  const [mine, theirs] = [await openSession(wire), await openSession(wire)];
  const wait = request('tools/call', { name: 'over_http__wait', arguments: { ms: 400 } }, 1);
  const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
  const answers = Promise.all([send(wire, wait, mine), send(wire, wait, theirs)]);
  await sleep(100);
  await send(wire, cancel, mine);
  const [cancelled, other] = await answers;
  expect(cancelled.messages).toEqual([]);
  expect(other.messages).toMatchObject([{ id: 1, result: { content: [{ text: 'waited' }] } }]);
});

test.each(['over_http', 'over_sse'])(
  'questions of %s reach the client that caused them, whatever ids they have',
  async (upstream) => {
    const names = Array.from({ length: 20 }, (_, i) => `client ${i}`);
    const answers = await Promise.all(
      names.map(async (name, i) => {
        const asked: unknown[] = [];
        const connect = i % 2 === 0 ? connectV1OverHttp : connectV1OverSse;
        const client = await connect({
          url: `${lab.url}${i % 2 === 0 ? '/mcp' : '/sse'}`,
          key: lab.key,
          answer: ({ params }) => {
            asked.push(params['message']);
            return { action: 'accept', content: { username: name, email: 'x' } };
          },
        });
        const result = await client.call(`${upstream}__test_elicitation`, { message: `for ${name}` });
        await client.close();
        return { asked, text: textOf(result) };
      }),
    );
    for (const [i, name] of names.entries()) {
      expect(answers[i]?.asked).toEqual([`for ${name}`]);
      expect(answers[i]?.text).toContain(`"username":"${name}"`);
    }
  },
);

test.each(['over_http', 'over_sse', 'over_stdio'])(
  'log messages of %s reach the client whose call wrote them',
  async (upstream) => {
    const clients = await Promise.all(
      ['first', 'second'].map(async (name) => {
        const answer = (): Record<string, unknown> => ({ action: 'decline' });
        const client = await connectV1OverHttp({ url: wire.url, key: wire.key, answer });
        const heard: unknown[] = [];
        client.client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
          heard.push(params.data);
        });
        return { name, client, heard };
      }),
    );
    await Promise.all(clients.map(({ name, client }) => client.call(`${upstream}__note`, { note: name })));
    await until(() => clients.every(({ heard }) => heard.length > 0));
    expect(clients.map(({ heard }) => heard)).toEqual([['first'], ['second']]);
    for (const { client } of clients) await client.close();
  },
);

describe('an upstream that does as it likes', () => {
  /** Everything that comes for a call during which the upstream says `messages`; `$ID` is the call's id there. */
  async function hear(
    messages: readonly unknown[],
    capabilities: Readonly<Record<string, unknown>> = {},
  ): Promise<readonly WireMessage[]> {
    const session = await openSession(wire, { capabilities });
    const params = {
      name: 'hostile__events_say',
      arguments: { messages: messages.map((it) => (typeof it === 'string' ? it : JSON.stringify(it))) },
      _meta: { progressToken: 'mine' },
    };
    return (await send(wire, request('tools/call', params, 1), session)).messages;
  }

  const own = { id: 1, result: { content: [{ text: 'ok' }] } };
  const progress = (progressToken: unknown): unknown => ({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken, progress: 1 },
  });
  const answered = (id: unknown, text: string): unknown => ({
    jsonrpc: '2.0',
    id,
    result: { content: [{ type: 'text', text }] },
  });

  test('answers foreign ids: nobody hears of it', async () => {
    const waiting = send(
      wire,
      request('tools/call', { name: 'hostile__slow', arguments: { ms: 300 } }, 1),
      await openSession(wire),
    );
    const ids = [...Array.from({ length: 200 }, (_, i) => i), '1', null, -1, 1.5, 'x'.repeat(1_000)];
    // Its own id is among them; the waiting call's is, too.
    expect(await hear(ids.map((id) => answered(id, 'said by another')))).toMatchObject([{ id: 1 }]);
    expect((await waiting).messages).toMatchObject([own]);
  });

  test('sends foreign progress tokens: none of them comes out', async () => {
    const slow = { name: 'hostile__slow', arguments: { ms: 300 }, _meta: { progressToken: 'theirs' } };
    const waiting = send(wire, request('tools/call', slow, 1), await openSession(wire));
    const tokens = [...Array.from({ length: 200 }, (_, i) => i), 'mine', '1', null, true, {}, -1, 1e99];
    const messages = await hear(tokens.map(progress));
    expect(messages.at(-1)).toMatchObject(own);
    // Its own is among them, and so is that of the call that waits.
    const [told, ...more] = messages.slice(0, -1);
    expect(told?.params).toEqual({ progressToken: 'mine', progress: 1 });
    expect(more).toEqual([]);
    expect((await waiting).messages).toMatchObject([own]);
  });

  test('answers twice: the first answer counts', async () => {
    const twice = ['first', 'second'].map((text) =>
      JSON.stringify(answered('$ID', text)).replace('"$ID"', '$ID'),
    );
    expect(await hear(twice)).toMatchObject([{ id: 1, result: { content: [{ text: 'first' }] } }]);
  });

  test('calls methods of the client: only what that has declared comes through', async () => {
    const before = hostile.received.length;
    const methods = ['tools/call', 'initialize', 'elicitation/create', 'sampling/createMessage', 'any/thing'];
    const asked = [...methods, 'roots/list'].map((method) => ({
      jsonrpc: '2.0',
      id: method,
      method,
      params: {},
    }));
    const messages = await hear(asked, { roots: {} });
    expect(messages.filter(({ method }) => method !== undefined)).toMatchObject([{ method: 'roots/list' }]);
    const answers = hostile.received.slice(before).map(({ message }) => message as WireMessage);
    for (const method of methods) {
      expect(answers.find(({ id }) => id === method)?.error?.code).toBe(-32601);
    }
    const elicitation = answers.find(({ id }) => id === 'elicitation/create');
    expect(elicitation?.error?.message).toContain('elicitation');
  });

  test('asks on the connection that all share: nobody is asked', async () => {
    const before = hostile.received.length;
    const messages = await hear([{ jsonrpc: '2.0', id: 'q', method: 'roots/list' }]);
    expect(messages).toMatchObject([own]);
    await until(() => hostile.received.length > before + 1);
    const answers = hostile.received.slice(before).map(({ message }) => message as WireMessage);
    expect(answers.find(({ id }) => id === 'q')?.error?.code).toBe(-32601);
  });

  test('sends what is no JSON within its strings: the gateway goes on', async () => {
    const broken = ['message', 'resources/updated', 'cancelled', 'progress', 'elicitation/complete'].map(
      (name) =>
        `{"jsonrpc":"2.0","method":"notifications/${name}","params":{"level":"\\x","uri":"\\u00","progressToken":1,"requestId":"\\q"}}`,
    );
    const asking = '{"jsonrpc":"2.0","id":"a","method":"elicitation/create","params":{"message":"\\x"}}';
    const session = await openSession(wire, { capabilities: { elicitation: {} } });
    const params = { name: 'hostile__events_say', arguments: { messages: [...broken, asking] } };
    const response = await fetch(wire.url, {
      method: 'POST',
      headers: {
        ...session,
        authorization: `Bearer ${wire.key}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify(request('tools/call', params)),
    });
    expect(await response.text()).toContain('"text":"ok"');
    expect(await hear([])).toMatchObject([own]);
  });
});

/** `MCP_SESSIONS=1000 MCP_CALLS=100` is the large form. */
test('sessions with equal ids are never mixed up', async () => {
  const sessionCount = Number(process.env['MCP_SESSIONS'] ?? 60);
  const callCount = Number(process.env['MCP_CALLS'] ?? 10);
  const key = await lab.issueKey();
  const sessions: { 'mcp-session-id': string }[] = [];
  for (let i = 0; i < sessionCount; i += 50) {
    const opening = Array.from({ length: Math.min(50, sessionCount - i) }, () =>
      openSession({ ...wire, key }),
    );
    sessions.push(...(await Promise.all(opening)));
  }
  let mixedUp = 0;
  let done = 0;
  const call = async (session: number, id: number): Promise<void> => {
    const message = `session ${session}, call ${id}`;
    const params = { name: 'over_http__echo', arguments: { message } };
    const { messages } = await send(
      { ...wire, key },
      request('tools/call', params, id),
      sessions[session] ?? {},
    );
    const [answer] = messages;
    if (answer?.id !== id || answer.result?.content?.[0]?.text !== message) mixedUp++;
    done++;
  };
  // The same id is under way in every session at once.
  const queue = Array.from({ length: callCount }, (_, id) =>
    sessions.map((_session, i) => [i, id] as const),
  ).flat();
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await call(...next);
  };
  await Promise.all(Array.from({ length: 64 }, worker));
  expect({ done, mixedUp }).toEqual({ done: sessionCount * callCount, mixedUp: 0 });
}, 300_000);

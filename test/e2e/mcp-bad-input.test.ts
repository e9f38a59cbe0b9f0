import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import {
  openSession,
  request,
  send,
  sendModern,
  WireStream,
  type Wire,
  type WireAnswer,
} from '../support/clients/wire.js';
import { startLab, type McpLab } from '../support/mcp-lab.js';
import { startConformanceFixture, type RunningUpstream } from '../support/upstreams/fixture.js';

let fixture: RunningUpstream;
let lab: McpLab;
let wire: Wire;
let other: Wire;

beforeAll(async () => {
  fixture = await startConformanceFixture('legacy');
  lab = await startLab({ fixture: { url: fixture.url.href } }, { mcp_page_size: 5 });
  wire = { url: `${lab.url}/mcp`, key: lab.key };
  other = { url: wire.url, key: await lab.issueKey() };
}, 60_000);

afterAll(async () => {
  await lab.stop();
  await fixture.kill();
});

const ping = (id: number): unknown => request('ping', {}, id);
const echo = { name: 'fixture__echo', arguments: { message: 'hello' } };
const versionKey = 'io.modelcontextprotocol/protocolVersion';

async function cursorOf(from: Wire, method = 'tools/list', member = 'nextCursor'): Promise<string> {
  const { messages } = await send(from, request(method), await openSession(from));
  return String(messages[0]?.result?.[member]);
}

const flipped = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);

/** What is wrong, what is sent, and what must come back; the message names the fault. */
interface Case {
  readonly wrong: string;
  readonly send: () => Promise<WireAnswer>;
  readonly status: number;
  readonly code: number;
  readonly says: string;
}

const modern: readonly Case[] = [
  {
    wrong: 'Mcp-Method names another method',
    send: () => sendModern(wire, 'tools/call', echo, { headers: { 'mcp-method': 'tools/list' } }),
    status: 400,
    code: -32020,
    says: 'Mcp-Method',
  },
  {
    wrong: 'Mcp-Method is missing',
    send: () => sendModern(wire, 'tools/list', {}, { headers: { 'mcp-method': undefined } }),
    status: 400,
    code: -32020,
    says: 'Mcp-Method',
  },
  {
    wrong: 'Mcp-Name names another tool',
    send: () => sendModern(wire, 'tools/call', echo, { headers: { 'mcp-name': 'fixture__add' } }),
    status: 400,
    code: -32020,
    says: 'Mcp-Name',
  },
  {
    wrong: 'Mcp-Name differs in case',
    send: () => sendModern(wire, 'tools/call', echo, { headers: { 'mcp-name': 'FIXTURE__echo' } }),
    status: 400,
    code: -32020,
    says: 'Mcp-Name',
  },
  {
    wrong: 'Mcp-Name is malformed Base64',
    send: () => sendModern(wire, 'tools/call', echo, { headers: { 'mcp-name': '=?base64?%%%?=' } }),
    status: 400,
    code: -32020,
    says: 'Base64',
  },
  {
    wrong: 'the version header disagrees with the envelope',
    send: () => sendModern(wire, 'tools/list', {}, { headers: { 'mcp-protocol-version': '2025-11-25' } }),
    status: 400,
    code: -32020,
    says: 'MCP-Protocol-Version',
  },
  {
    wrong: 'the version is unknown',
    send: () =>
      sendModern(
        wire,
        'tools/list',
        {},
        { meta: { [versionKey]: '2099-01-01' }, headers: { 'mcp-protocol-version': '2099-01-01' } },
      ),
    status: 400,
    code: -32022,
    says: '2099-01-01',
  },
  {
    wrong: 'the version is no text',
    send: () => sendModern(wire, 'tools/list', {}, { meta: { [versionKey]: 20260728 } }),
    status: 400,
    code: -32602,
    says: 'protocolVersion',
  },
  {
    wrong: 'the envelope has no capabilities',
    send: () =>
      sendModern(
        wire,
        'tools/list',
        {},
        { meta: { 'io.modelcontextprotocol/clientCapabilities': undefined } },
      ),
    status: 400,
    code: -32602,
    says: 'clientCapabilities',
  },
  {
    wrong: 'a method that went with the sessions',
    send: () => sendModern(wire, 'resources/subscribe', { uri: 'test://static-text' }),
    status: 404,
    code: -32601,
    says: 'resources/subscribe',
  },
  {
    wrong: 'a resource that no upstream has',
    send: () => sendModern(wire, 'resources/read', { uri: 'nothing://here' }),
    status: 200,
    code: -32602,
    says: 'nothing://here',
  },
  {
    wrong: 'a subscription without a filter',
    send: () => sendModern(wire, 'subscriptions/listen', {}),
    status: 400,
    code: -32602,
    says: 'notifications',
  },
  {
    wrong: 'a subscription to what is no list of URIs',
    send: () => sendModern(wire, 'subscriptions/listen', { notifications: { resourceSubscriptions: [7] } }),
    status: 400,
    code: -32602,
    says: 'resourceSubscriptions',
  },
  {
    wrong: 'a batch',
    send: () => {
      const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' };
      return send(wire, [request('tools/list')], headers);
    },
    status: 400,
    code: -32600,
    says: 'no batches',
  },
  {
    wrong: 'a prompt without its argument',
    send: () => sendModern(wire, 'prompts/get', { name: 'fixture__test_prompt_with_arguments' }),
    status: 200,
    code: -32602,
    says: 'arg1',
  },
  {
    wrong: 'a requestState that nobody gave out',
    send: () => sendModern(wire, 'tools/call', { ...echo, requestState: 'toolgate.AAAA.BBBB' }),
    status: 400,
    code: -32602,
    says: 'requestState',
  },
];

const inSession = async (body: unknown, of: Wire = wire, version?: string): Promise<WireAnswer> =>
  send(of, body, await openSession(of, version === undefined ? {} : { version }));

const legacy: readonly Case[] = [
  {
    wrong: 'a cursor that was tampered with',
    send: async () => inSession(request('tools/list', { cursor: flipped(await cursorOf(wire)) })),
    status: 200,
    code: -32602,
    says: 'Invalid cursor',
  },
  {
    wrong: "another key's cursor",
    send: async () => inSession(request('tools/list', { cursor: await cursorOf(other) })),
    status: 200,
    code: -32602,
    says: 'Invalid cursor',
  },
  {
    wrong: 'the cursor of another list',
    send: async () => inSession(request('prompts/list', { cursor: await cursorOf(wire) })),
    status: 200,
    code: -32602,
    says: 'Invalid cursor',
  },
  {
    wrong: 'a cursor that is no text',
    send: () => inSession(request('tools/list', { cursor: { offset: 5 } })),
    status: 200,
    code: -32602,
    says: 'Invalid cursor',
  },
  {
    wrong: 'a subscription to nothing',
    send: () => inSession(request('resources/subscribe')),
    status: 200,
    code: -32602,
    says: '"uri"',
  },
  {
    wrong: 'a subscription to a resource that no upstream has',
    send: () => inSession(request('resources/subscribe', { uri: 'nothing://here' })),
    status: 200,
    code: -32002,
    says: 'nothing://here',
  },
  {
    wrong: 'a resource that no upstream has',
    send: () => inSession(request('resources/read', { uri: 'nothing://here' })),
    status: 200,
    code: -32002,
    says: 'nothing://here',
  },
  {
    wrong: 'a prompt without its argument',
    send: () =>
      inSession(request('prompts/get', { name: 'fixture__test_prompt_with_arguments', arguments: {} })),
    status: 200,
    code: -32602,
    says: 'arg1',
  },
  {
    wrong: 'a completion of what nobody has',
    send: () =>
      inSession(
        request('completion/complete', {
          ref: { type: 'ref/prompt', name: 'fixture__nothing' },
          argument: { name: 'a', value: '' },
        }),
      ),
    status: 200,
    code: -32602,
    says: 'fixture__nothing',
  },
  {
    wrong: 'a log level that there is not',
    send: () => inSession(request('logging/setLevel', { level: 'loud' })),
    status: 200,
    code: -32602,
    says: 'must be one of',
  },
  {
    wrong: 'a batch in 2025-06-18',
    send: () => inSession([ping(1)], wire, '2025-06-18'),
    status: 400,
    code: -32600,
    says: 'no batches',
  },
  {
    wrong: '101 messages in one batch',
    send: () =>
      inSession(
        Array.from({ length: 101 }, (_, i) => ping(i)),
        wire,
        '2025-03-26',
      ),
    status: 400,
    code: -32600,
    says: '1 to 100',
  },
  {
    wrong: 'a batch of nothing',
    send: () => inSession([], wire, '2025-03-26'),
    status: 400,
    code: -32600,
    says: '1 to 100',
  },
  {
    wrong: 'an initialize within a batch',
    send: () => send(wire, [request('initialize'), ping(2)]),
    status: 400,
    code: -32600,
    says: 'initialize',
  },
  {
    wrong: 'two requests under one id',
    send: () => {
      const wait = request('tools/call', { name: 'fixture__wait', arguments: { ms: 50 } }, 7);
      return inSession([wait, wait], wire, '2025-03-26');
    },
    status: 200,
    code: -32600,
    says: 'under way already',
  },
];

describe.each([
  ['2026-07-28', modern],
  ['the legacy revisions', legacy],
])('in %s', (_, cases) => {
  test.each(cases)('$wrong: $code', async ({ send: answer, status, code, says }) => {
    const { status: given, messages, headers } = await answer();
    const error = messages.find((message) => message.error !== undefined)?.error;
    expect({ status: given, code: error?.code }).toEqual({ status, code });
    expect(error?.message).toContain(says);
    expect(headers.get('x-request-id')).toEqual(expect.any(String));
  });
});

test('errors of 2026-07-28 say what a client needs to go on', async () => {
  const version = { meta: { [versionKey]: '2099-01-01' }, headers: { 'mcp-protocol-version': '2099-01-01' } };
  const { messages } = await sendModern(wire, 'server/discover', {}, { ...version, id: 'mine' });
  expect(messages).toMatchObject([
    { id: 'mine', error: { data: { supported: ['2026-07-28'], requested: '2099-01-01' } } },
  ]);
});

test('an Mcp-Name that a header cannot carry comes in Base64', async () => {
  const name = Buffer.from('fixture__echo').toString('base64');
  const { messages } = await sendModern(wire, 'tools/call', echo, {
    headers: { 'mcp-name': `=?base64?${name}?=` },
  });
  expect(messages).toMatchObject([{ result: { resultType: 'complete', content: [{ text: 'hello' }] } }]);
});

test('pages follow each other, in every era and to the end', async () => {
  const session = await openSession(wire);
  const names: string[] = [];
  let cursor: unknown;
  do {
    const { messages } = await send(
      wire,
      request('tools/list', cursor === undefined ? {} : { cursor }),
      session,
    );
    const { tools, nextCursor } = messages[0]?.result as { tools: { name: string }[]; nextCursor?: string };
    expect(tools.length).toBeLessThanOrEqual(5);
    names.push(...tools.map(({ name }) => name));
    cursor = nextCursor;
  } while (cursor !== undefined);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(30);
  // A cursor is the key's, not the session's: the stateless era goes on with it.
  const { messages } = await sendModern(wire, 'tools/list', { cursor: await cursorOf(wire) });
  expect(messages[0]?.result).toMatchObject({ resultType: 'complete', tools: expect.anything() });
});

test('HTTP+SSE has batches up to 100 messages, and the revisions that have none refuse them', async () => {
  const stream = await WireStream.open({ url: `${lab.url}/sse`, key: lab.key });
  expect(await stream.send(Array.from({ length: 101 }, (_, i) => ping(i)))).toBe(400);
  expect(await stream.send([])).toBe(400);
  expect(await stream.send([ping(1), ping(2)])).toBe(202);
  expect(await stream.answerTo(2)).toMatchObject({ result: {} });
  const clientInfo = { name: 'wire', version: '1' };
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
  expect(await stream.send(request('initialize', params, 3))).toBe(202);
  await stream.answerTo(3);
  expect(await stream.send([ping(4)])).toBe(400);
  stream.close();
});

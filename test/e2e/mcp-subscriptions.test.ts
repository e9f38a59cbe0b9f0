import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  PromptListChangedNotificationSchema,
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';

import type { TestClient } from '../support/clients/client.js';
import { connectV1OverHttp, connectV1OverSse, type ClientV1 } from '../support/clients/sdk-v1.js';
import { connectV2, type ClientV2 } from '../support/clients/sdk-v2.js';
import { openSession, request, send } from '../support/clients/wire.js';
import { startLab, type McpLab } from '../support/mcp-lab.js';
import { until } from '../support/until.js';
import { startConformanceFixture, type RunningUpstream } from '../support/upstreams/fixture.js';
import { HostileServer } from '../support/upstreams/hostile.js';

const uri = 'test://watched-resource';
const decline = (): Record<string, unknown> => ({ action: 'decline' });

/** A client that subscribes, and what it has heard. */
interface Subscriber {
  readonly client: TestClient;
  readonly heard: string[];
  subscribe(uri: string): Promise<unknown>;
  unsubscribe(uri: string): Promise<unknown>;
}

function legacy(connected: ClientV1): Subscriber {
  const heard: string[] = [];
  const { client } = connected;
  client.setNotificationHandler(
    ResourceUpdatedNotificationSchema,
    ({ params }) => void heard.push(params.uri),
  );
  return {
    client: connected,
    heard,
    subscribe: (it) => client.subscribeResource({ uri: it }),
    unsubscribe: (it) => client.unsubscribeResource({ uri: it }),
  };
}

function modern(connected: ClientV2): Subscriber {
  const heard: string[] = [];
  const { client } = connected;
  client.setNotificationHandler(
    'notifications/resources/updated',
    ({ params }) => void heard.push(params.uri),
  );
  const open = new Map<string, { close(): Promise<void> }>();
  return {
    client: connected,
    heard,
    subscribe: async (it) => open.set(it, await client.listen({ resourceSubscriptions: [it] })),
    unsubscribe: (it) => open.get(it)?.close() ?? Promise.resolve(),
  };
}

let fixture: RunningUpstream;
let hostile: HostileServer;
let lab: McpLab;
const subscribers: Subscriber[] = [];

beforeAll(async () => {
  fixture = await startConformanceFixture('legacy');
  hostile = await HostileServer.start();
  Object.assign(hostile.mood, {
    capabilities: { resources: { subscribe: true }, prompts: {} },
    stream: 'open',
  });
  hostile.mood.list = (method) =>
    method === 'tools/list'
      ? { tools: [{ name: 'ok', inputSchema: { type: 'object' } }] }
      : {
          prompts: [],
          resources: [{ uri: 'file:///folder', name: 'folder' }],
          resourceTemplates: [{ uriTemplate: 'any://{id}', name: 'any' }],
        };
  lab = await startLab({ fixture: { url: fixture.url.href }, hostile: { url: hostile.url.href } });
  const { url, key } = lab;
  subscribers.push(
    legacy(await connectV1OverHttp({ url: `${url}/mcp`, key })),
    // It has connections of its own to the upstreams.
    legacy(await connectV1OverHttp({ url: `${url}/mcp`, key, answer: decline })),
    legacy(await connectV1OverSse({ url: `${url}/sse`, key })),
    modern(await connectV2({ url: `${url}/mcp`, key }, 'modern')),
  );
}, 60_000);

afterAll(async () => {
  for (const { client } of subscribers) await client.close();
  await lab.stop();
  await fixture.kill();
  await hostile.close();
});

const touch = (which = uri): Promise<unknown> =>
  (subscribers[0] as Subscriber).client.call('fixture__touch', { uri: which });
const heard = (): number[] => subscribers.map((it) => it.heard.length);
const forget = (): void => subscribers.forEach((it) => it.heard.splice(0));

test('every subscriber hears of a change once, whoever subscribed first', async () => {
  for (const subscriber of subscribers.toReversed()) await subscriber.subscribe(uri);
  await touch();
  await until(() => heard().every((count) => count > 0));
  await touch('test://static-text');
  expect(heard()).toEqual([1, 1, 1, 1]);
  expect(subscribers.map((it) => it.heard[0])).toEqual([uri, uri, uri, uri]);
});

test('a restart of the upstream ends no subscription', async () => {
  forget();
  await fixture.kill();
  fixture = await startConformanceFixture('legacy', { port: fixture.port });
  // What changed while it was away nobody knows: everyone is told to look again.
  await until(() => heard().every((count) => count === 1));
  await touch();
  await until(() => heard().every((count) => count === 2));
});

test('who unsubscribes hears no more, the others do', async () => {
  forget();
  await subscribers[0]?.unsubscribe(uri);
  await subscribers[3]?.unsubscribe(uri);
  await touch();
  await until(() => heard()[1] === 1 && heard()[2] === 1);
  expect(heard()).toEqual([0, 1, 1, 0]);
});

test('a resource that nobody has is left out of what is agreed to', async () => {
  const params = {
    notifications: { resourceSubscriptions: [uri, 'nothing://here'] },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  };
  const response = await fetch(`${lab.url}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${lab.key}`,
      'content-type': 'application/json',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'subscriptions/listen',
    },
    body: JSON.stringify(request('subscriptions/listen', params)),
  });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  expect(Buffer.from(value ?? []).toString()).toContain(
    `"notifications":{"resourceSubscriptions":["${uri}"]}`,
  );
  await reader.cancel();
});

describe('towards the upstream', () => {
  const [first, second] = [0, 1] as const;
  const count = (method: string, which: string): number =>
    hostile.received.filter(({ message }) => {
      const { method: name, params } = message as { method?: string; params?: { uri?: string } };
      return name === method && params?.uri === which;
    }).length;

  test('one subscription serves all, and ends with the last', async () => {
    const folder = 'file:///folder';
    await Promise.all([subscribers[first]?.subscribe(folder), subscribers[second]?.subscribe(folder)]);
    expect(count('resources/subscribe', folder)).toBe(1);
    await subscribers[first]?.unsubscribe(folder);
    expect(count('resources/unsubscribe', folder)).toBe(0);
    await subscribers[second]?.unsubscribe(folder);
    await until(() => count('resources/unsubscribe', folder) === 1);
  });

  test('a change within what was subscribed to is told, one beside it is not', async () => {
    forget();
    await subscribers[first]?.subscribe('file:///folder');
    await until(() => hostile.openStreams > 0);
    const updated = (which: string): string =>
      `data: {"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"${which}"}}\n\n`;
    for (const which of ['file:///folder2', 'file:///other', 'file:///folder/a.txt'])
      hostile.push(updated(which));
    await until(() => heard()[first] === 1);
    expect(subscribers[first]?.heard).toEqual(['file:///folder/a.txt']);
    await subscribers[first]?.unsubscribe('file:///folder');
  });

  test('one client holds a bounded number', async () => {
    const wire = { url: `${lab.url}/mcp`, key: lab.key };
    const session = await openSession(wire, { version: '2025-03-26' });
    const subscribe = (i: number): unknown => request('resources/subscribe', { uri: `any://${i}` }, i);
    for (let done = 0; done < 1_000; done += 100) {
      const { messages } = await send(
        wire,
        Array.from({ length: 100 }, (_, i) => subscribe(done + i)),
        session,
      );
      expect(messages.filter(({ result }) => result !== undefined)).toHaveLength(100);
    }
    const [refused] = (await send(wire, subscribe(1_000), session)).messages;
    expect(refused?.error).toMatchObject({
      code: -32600,
      message: expect.stringContaining('1000 resources'),
    });
    const headers = { ...session, authorization: `Bearer ${lab.key}` };
    await fetch(wire.url, { method: 'DELETE', headers });
    await until(() => hostile.count('resources/unsubscribe') >= 1_000);
  });

  test('a storm of changes is one notice a second to a client, and one reading', async () => {
    const told: string[] = [];
    const clients = [subscribers[0], subscribers[2]].map((it) => (it?.client as ClientV1).client);
    for (const [i, client] of clients.entries()) {
      await client.listTools();
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => void told.push(`tools ${i}`));
      client.setNotificationHandler(
        PromptListChangedNotificationSchema,
        () => void told.push(`prompts ${i}`),
      );
      client.setNotificationHandler(
        ResourceListChangedNotificationSchema,
        () => void told.push(`resources ${i}`),
      );
    }
    let version = 0;
    hostile.mood.list = (method) =>
      method === 'tools/list'
        ? { tools: [{ name: `t${version}`, inputSchema: { type: 'object' } }] }
        : { prompts: [{ name: `p${version}` }], resources: [], resourceTemplates: [] };
    const before = hostile.received.length;
    // Each private connection reads once; the one that all share is what is told of the changes.
    const readings = (): number => {
      const bySession = new Map<string, number>();
      for (const { message, headers } of hostile.received.slice(before)) {
        const session = String(headers['mcp-session-id']);
        if (message.method === 'tools/list') bySession.set(session, (bySession.get(session) ?? 0) + 1);
      }
      return Math.max(0, ...bySession.values());
    };
    const startedAt = performance.now();
    while (readings() < 3) {
      version++;
      for (const kind of ['tools', 'prompts', 'resources'])
        hostile.push(`data: {"jsonrpc":"2.0","method":"notifications/${kind}/list_changed"}\n\n`);
      await sleep(20);
    }
    await until(() => told.filter((it) => it === 'tools 1').length >= 2);
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(readings()).toBeLessThanOrEqual(seconds + 2);
    for (const kind of ['tools 0', 'tools 1', 'prompts 0', 'prompts 1']) {
      const count = told.filter((it) => it === kind).length;
      expect([kind, count > 0, count <= seconds + 1]).toEqual([kind, true, true]);
    }
    // There were two resources, and there are none now: that is one change.
    expect(told.filter((it) => it === 'resources 0').length).toBe(1);
  });
});

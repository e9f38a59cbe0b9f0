import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { featuresOf, noFeatures } from '../../src/core/client-features.js';
import type { TransportKind, UpstreamEndpoint } from '../../src/core/upstream.js';
import type { UpstreamRegistry } from '../../src/upstream-registry/upstream-registry.service.js';
import type {
  RequestClient,
  Upstream,
  UpstreamClient,
  UpstreamNotification,
} from '../../src/upstream-registry/upstream.js';
import { remote, stdio, upstreamConfig } from '../support/upstreams/config.js';
import {
  fixtureCommand,
  modernCommand,
  startFixture,
  startModern,
  type RunningUpstream,
} from '../support/upstreams/fixture.js';
import {
  callTool,
  readyUpstream,
  resultOf,
  startCall,
  startRegistry,
  textOf,
  until,
} from '../support/upstreams/registry.js';

interface Subject {
  readonly transport: TransportKind;
  readonly protocolVersion: string;
  readonly endpoint: UpstreamEndpoint;
  stop(): Promise<void>;
}

const legacy = { protocolVersion: '2025-11-25' };
const modern = { protocolVersion: '2026-07-28' };
const nothingToStop = { stop: () => Promise.resolve() };

const overHttp = (server: RunningUpstream): Pick<Subject, 'endpoint' | 'stop'> => ({
  endpoint: remote(server.url),
  stop: () => server.kill(),
});

/**
 * Every transport there is, in every era that it can carry, with a well-behaved server behind it. Both are found out.
 */
const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  stdio: () =>
    Promise.resolve({ transport: 'stdio', ...legacy, endpoint: stdio(fixtureCommand()), ...nothingToStop }),
  'stdio of 2026-07-28': () =>
    Promise.resolve({ transport: 'stdio', ...modern, endpoint: stdio(modernCommand()), ...nothingToStop }),
  sse: async () => ({ transport: 'sse', ...legacy, ...overHttp(await startFixture('sse')) }),
  http: async () => ({ transport: 'http', ...legacy, ...overHttp(await startFixture('http')) }),
  'http of 2026-07-28': async () => ({ transport: 'http', ...modern, ...overHttp(await startModern()) }),
};

describe.each(Object.entries(subjects))('over %s', (_name, start) => {
  let subject: Subject;
  let registry: UpstreamRegistry;
  let upstream: Upstream;

  beforeAll(async () => {
    subject = await start();
    registry = startRegistry([upstreamConfig('up', subject.endpoint)]);
    upstream = await readyUpstream(registry, 'up');
  });

  afterAll(async () => {
    await registry.close();
    await subject.stop();
  });

  test('says how it is connected', () => {
    expect(upstream.status()).toMatchObject({
      state: 'ready',
      transport: subject.transport,
      protocolVersion: subject.protocolVersion,
    });
    expect(upstream.status().toolCount).toBeGreaterThan(10);
  });

  test('reads the whole catalog', () => {
    const { catalog } = upstream;
    expect(catalog?.tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['echo', 'add', 'steps']));
    expect(catalog?.prompts.map(({ name }) => name)).toContain('greet');
    expect(catalog?.resources.map(({ uri }) => uri)).toEqual(['test://note']);
    expect(catalog?.resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual(['test://item/{id}']);
    expect(catalog).toMatchObject({
      instructions: 'Be gentle.',
      rejected: [],
      serverInfo: { name: 'fixture' },
    });
    const add = catalog?.tools.find(({ name }) => name === 'add');
    expect(JSON.parse(add?.json ?? '')).toMatchObject({ title: 'Sum', annotations: { readOnlyHint: true } });
  });

  test('calls a tool and hands its result on as it came', async () => {
    expect(textOf(await callTool(upstream.shared, 'echo', { message: 'grüße "\\ \n' }))).toBe('grüße "\\ \n');
    expect(await callTool(upstream.shared, 'add', { a: 1, b: 2 })).toMatchObject({
      structuredContent: { sum: 3 },
    });
    expect(await callTool(upstream.shared, 'fail')).toMatchObject({ isError: true });
    expect(await callTool(upstream.shared, 'image')).toMatchObject({ content: [{ mimeType: 'image/png' }] });
  });

  test('carries arguments with line breaks between their tokens', async () => {
    const call = upstream.shared.request({
      method: 'tools/call',
      encodeParams: () => '{\n  "name": "echo",\r\n  "arguments": { "message": "a" }\n}',
    });
    expect(await call.outcome).toMatchObject({ kind: 'result' });
  });

  test('carries results of several MiB', async () => {
    const result = await callTool(upstream.shared, 'payload', { bytes: 3_000_000 });
    expect(textOf(result)).toHaveLength(3_000_000);
  });

  test('passes the error an upstream answers', async () => {
    const call = upstream.shared.request({ method: 'prompts/get', encodeParams: () => '{"name":"unknown"}' });
    expect(await call.outcome).toMatchObject({ kind: 'error', error: { code: -32602 } });
  });

  test('tells progress in order, without our token, before the outcome', async () => {
    const told: UpstreamNotification[] = [];
    const onNotification = (notification: UpstreamNotification): void => void told.push(notification);
    await callTool(upstream.shared, 'steps', { count: 20 }, { onNotification });
    expect(told.map(({ method }) => method)).toEqual(Array<string>(20).fill('notifications/progress'));
    const params = told.map(({ paramsJson }) => JSON.parse(paramsJson) as unknown);
    expect(params[0]).toEqual({ progress: 1, total: 20, message: 'step 1' });
    expect(params[19]).toEqual({ progress: 20, total: 20, message: 'step 20' });
  });

  test('keeps 200 calls at once apart', async () => {
    const messages = Array.from({ length: 200 }, (_, i) => `message ${i}`);
    const answers = await Promise.all(
      messages.map((message) => callTool(upstream.shared, 'echo', { message })),
    );
    expect(answers.map(textOf)).toEqual(messages);
  });

  test('keeps the progress of calls at once apart', async () => {
    const counts = [3, 1, 7, 5];
    const told = counts.map(() => 0);
    await Promise.all(
      counts.map((count, i) =>
        callTool(
          upstream.shared,
          'steps',
          { count, ms: 2 },
          { onNotification: () => (told[i] = (told[i] ?? 0) + 1) },
        ),
      ),
    );
    expect(told).toEqual(counts);
  });

  test('cancels at the upstream too', async () => {
    const before = Number(textOf(await callTool(upstream.shared, 'cancelled_calls')));
    const call = startCall(upstream.shared, 'sleep', { ms: 60_000 });
    setTimeout(() => call.cancel('Not needed any more'), 100);
    await expect(call.outcome).rejects.toMatchObject({ code: 'CANCELLED' });
    call.cancel('Again');
    let now = before;
    for (let i = 0; i < 50 && now === before; i++) {
      now = Number(textOf(await callTool(upstream.shared, 'cancelled_calls')));
    }
    expect(now).toBe(before + 1);
    expect(upstream.status().inFlight).toBe(0);
  });

  test('reads a list anew when the upstream says that it changed', async () => {
    const { revision } = registry;
    const changes: unknown[] = [];
    const stop = registry.onCatalogChange((name, kinds) => changes.push([name, kinds]));
    await callTool(upstream.shared, 'grow', { name: 'grown' });
    await until('the new tool', () => upstream.catalog?.tools.some(({ name }) => name === 'grown') === true);
    stop();
    expect(changes).toEqual([['up', { tools: true, prompts: false, resources: false }]]);
    expect(registry.revision).toBeGreaterThan(revision);
  });

  test('answers nothing but ping on the shared connection', async () => {
    const asked = startCall(upstream.shared, 'ask_client').outcome;
    if (subject.protocolVersion === modern.protocolVersion) {
      const requiredCapabilities = { elicitation: { form: {} } };
      expect(await asked).toMatchObject({ error: { code: -32021, data: { requiredCapabilities } } });
    } else {
      expect(textOf(await callTool(upstream.shared, 'ping_client'))).toBe('pong');
      expect(resultOf(await asked)).toMatchObject({ isError: true });
    }
  });

  test('brings a server request to the client whose connection it is, and no other', async () => {
    const asked: string[] = [];
    const client = (name: string): UpstreamClient => ({
      features: featuresOf({ elicitation: {} }),
      onRequest: (method, paramsJson) => {
        asked.push(`${name} ${method} ${(JSON.parse(paramsJson) as { message: string }).message}`);
        return Promise.resolve(`{"action":"accept","content":{"name":"${name}"}}`);
      },
      onNotification: () => undefined,
    });
    const links = ['a', 'b'].map((name) => upstream.openPrivate(client(name)));
    const answers = await Promise.all(links.map((link) => callTool(link, 'ask_client')));
    expect(answers.map((answer) => JSON.parse(textOf(answer)) as unknown)).toEqual([
      { action: 'accept', content: { name: 'a' } },
      { action: 'accept', content: { name: 'b' } },
    ]);
    expect(asked.sort()).toEqual(['a elicitation/create Who?', 'b elicitation/create Who?']);
    await Promise.all(links.map((link) => link.close()));
    await expect(callTool(links[0] ?? upstream.shared, 'echo')).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    });
  });

  test('brings a log message to the one whose call caused it', async () => {
    const told: UpstreamNotification[] = [];
    const toAll: UpstreamNotification[] = [];
    const stop = registry.onUpstreamNotification((_, notification) => void toAll.push(notification));
    const onNotification = (notification: UpstreamNotification): void => void told.push(notification);
    const client: RequestClient = {
      features: noFeatures,
      logLevel: 'info',
      input: { kind: 'asked', ask: () => Promise.reject(new Error('Nobody is asked.')) },
    };
    await callTool(upstream.shared, 'log', { message: 'hello' }, { onNotification, client });
    const expected = { method: 'notifications/message', paramsJson: '{"level":"info","data":"hello"}' };
    // Only where the answer has a stream of its own, or where messages are asked for, can the gateway know.
    const canKnow = subject.transport === 'http' || subject.protocolVersion === modern.protocolVersion;
    await until('the message', () => told.length + toAll.length > 0);
    expect([told, toAll]).toEqual(canKnow ? [[expected], []] : [[], [expected]]);
    stop();
  });

  test('fails a call whose time is over, and goes on', async () => {
    const hasty = startRegistry([upstreamConfig('hasty', subject.endpoint, { timeoutMs: 300 })]);
    const other = await readyUpstream(hasty, 'hasty');
    const startedAt = performance.now();
    await expect(callTool(other.shared, 'sleep', { ms: 30_000 })).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
    });
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    expect(textOf(await callTool(other.shared, 'echo', { message: 'still here' }))).toBe('still here');
    await hasty.close();
  });
});

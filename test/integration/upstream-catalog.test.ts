import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { SafetyLimits } from '../../src/config/gateway-config.js';
import type { UpstreamRegistry } from '../../src/upstream-registry/upstream-registry.service.js';
import type { Upstream } from '../../src/upstream-registry/upstream.js';
import { remote, upstreamConfig } from '../support/upstreams/config.js';
import { HostileServer } from '../support/upstreams/hostile.js';
import { readyUpstream, startRegistry, until } from '../support/upstreams/registry.js';

const good = (name: string): object => ({ name, inputSchema: { type: 'object' } });
const listChanged = 'data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n';

describe('the catalog of an upstream', () => {
  let server: HostileServer;
  let registry: UpstreamRegistry | undefined;

  beforeEach(async () => {
    server = await HostileServer.start();
    server.mood.stream = 'open';
  });

  afterEach(async () => {
    await registry?.close();
    await server.close();
  });

  async function read(limits: Partial<SafetyLimits> = {}): Promise<Upstream> {
    registry = startRegistry([upstreamConfig('up', remote(server.url))], { limits });
    return readyUpstream(registry, 'up');
  }

  const names = (upstream: Upstream): string[] => upstream.catalog?.tools.map(({ name }) => name) ?? [];

  test('a bad definition stays out with a reason, the rest stays in', async () => {
    let deep: unknown = {};
    for (let i = 0; i < 80; i++) deep = { deep };
    const tools = [
      good('fine'),
      good('with space'),
      good('x'.repeat(129)),
      { name: 'no_schema' },
      { name: 'bad_schema', inputSchema: 'object' },
      { name: 'deep', inputSchema: { type: 'object', properties: { deep } } },
      'text',
      null,
      { ...good('fine'), description: 'the second of this name' },
      { ...good('last'), title: 'Last', _meta: { any: [1, 2] }, unknownMember: { kept: true } },
    ];
    server.mood.list = () => ({ tools });
    const upstream = await read();
    expect(names(upstream)).toEqual(['fine', 'last']);
    expect(JSON.parse(upstream.catalog?.tools[1]?.json ?? '')).toEqual(tools.at(-1));
    expect(upstream.catalog?.rejected.map(({ kind, name }) => `${kind} ${name.slice(0, 10)}`)).toEqual([
      'tool with space',
      'tool xxxxxxxxxx',
      'tool no_schema',
      'tool bad_schema',
      'tool deep',
      'tool ',
      'tool ',
      'tool fine',
    ]);
    expect(upstream.catalog?.rejected.every(({ reason }) => reason.length > 10)).toBe(true);
  });

  test('every page is read', async () => {
    server.mood.list = (_, cursor = '0') => ({
      tools: [good(`tool_${cursor}`)],
      ...(Number(cursor) < 20 ? { nextCursor: String(Number(cursor) + 1) } : {}),
    });
    expect(names(await read())).toEqual(Array.from({ length: 21 }, (_, i) => `tool_${i}`));
  });

  test('a list without an end is cut', async () => {
    server.mood.list = (_, cursor = '0') => ({
      tools: [good(`tool_${cursor}`)],
      nextCursor: String(Number(cursor) + 1),
    });
    const upstream = await read();
    expect(names(upstream)).toHaveLength(64);
    expect(upstream.catalog?.rejected.at(-1)?.reason).toContain('64 pages');
  });

  test('a list without an end does not take the place of one that is known', async () => {
    server.mood.list = () => ({ tools: [good('known')] });
    const upstream = await read();
    await until('the stream', () => server.openStreams === 1);
    server.mood.list = (_, cursor = '0') => ({
      tools: [good(`tool_${cursor}`)],
      nextCursor: String(Number(cursor) + 1),
    });
    server.push(listChanged);
    await until('the fault', () => upstream.status().state === 'degraded');
    expect(upstream.status().lastFailure).toMatchObject({ stage: 'list' });
    expect(upstream.status().lastFailure?.message).toContain('64 pages');
    expect(names(upstream)).toEqual(['known']);

    server.mood.list = () => ({ tools: [good('new')] });
    server.push(listChanged);
    await until('the new list', () => names(upstream)[0] === 'new');
    expect(upstream.status().state).toBe('ready');
  });

  test('the beginning of a list without an end is read anew', async () => {
    let version = 1;
    server.mood.list = (_, cursor = '0') => ({
      tools: [good(`tool_${version}_${cursor}`)],
      nextCursor: String(Number(cursor) + 1),
    });
    const upstream = await read();
    await until('the stream', () => server.openStreams === 1);
    version = 2;
    server.push(listChanged);
    await until('the new beginning', () => names(upstream)[0] === 'tool_2_0');
    expect(upstream.status().state).toBe('ready');
  });

  test('a cursor that leads to itself is the end', async () => {
    server.mood.list = () => ({ tools: [good('one')], nextCursor: 'again' });
    expect(names(await read())).toEqual(['one']);
    expect(server.count('tools/list')).toBe(2);
  });

  test('a list that takes too long is cut at what is there', async () => {
    const answers = server.mood;
    answers.list = (_, cursor = '0') => {
      if (cursor === '2') answers.isSilent = true;
      return { tools: [good(`tool_${cursor}`)], nextCursor: String(Number(cursor) + 1) };
    };
    const upstream = await read({ listTimeoutMs: 400 });
    expect(names(upstream)).toEqual(['tool_0', 'tool_1', 'tool_2']);
    expect(upstream.catalog?.rejected.at(-1)?.reason).toContain('400 ms');
  });

  test('one list that fails does not take the others with it, and is tried again', async () => {
    server.mood.capabilities = { tools: {}, prompts: {}, resources: {} };
    let isBroken = true;
    server.mood.list = (method) => {
      if (method === 'prompts/list') return { prompts: isBroken ? 'none' : [{ name: 'a prompt' }] };
      if (method === 'resources/list') return { resources: [{ uri: 'x://y', name: 'y' }, { uri: 'x://z' }] };
      return { tools: [good('tool')], resourceTemplates: [] };
    };
    registry = startRegistry([upstreamConfig('up', remote(server.url))]);
    const upstream = registry.get('up');
    await until('the catalog', () => upstream?.catalog?.tools.length === 1);
    expect(upstream?.catalog?.resources.map(({ uri }) => uri)).toEqual(['x://y']);
    expect(upstream?.status()).toMatchObject({ state: 'degraded', lastFailure: { stage: 'list' } });
    isBroken = false;
    await until('the prompts', () => upstream?.catalog?.prompts.length === 1);
    expect(upstream?.status().state).toBe('ready');
  });

  test('lists that were not declared are not asked for, except tools', async () => {
    server.mood.capabilities = {};
    expect(names(await read()).length).toBeGreaterThan(10);
    expect(server.received.filter(({ message }) => message.method?.endsWith('/list') === true)).toHaveLength(
      1,
    );
  });

  test('an empty list after a full one is read twice before it is believed', async () => {
    const upstream = await read();
    await until('the stream', () => server.openStreams === 1);
    const full = names(upstream).length;
    const { list } = server.mood;
    server.mood.list = () => ({ tools: [] });
    server.push(listChanged);
    await until('doubt', () => upstream.status().state === 'degraded');
    expect(names(upstream)).toHaveLength(full);
    server.mood.list = list;
    await until('trust', () => upstream.status().state === 'ready');
    expect(names(upstream)).toHaveLength(full);

    server.mood.list = () => ({ tools: [] });
    server.push(listChanged);
    await until('belief', () => names(upstream).length === 0);
    expect(upstream.status().state).toBe('ready');
  });

  test('a storm of list_changed reads the list once a second at most', async () => {
    const upstream = await read();
    await until('the stream', () => server.openStreams === 1);
    const before = server.count('tools/list');
    server.mood.list = () => ({ tools: [good('new')] });
    server.push(listChanged.repeat(5_000));
    await until('the new list', () => names(upstream)[0] === 'new');
    server.push(listChanged.repeat(5_000));
    await until('one more reading', () => server.count('tools/list') >= before + 2);
    expect(server.count('tools/list')).toBeLessThanOrEqual(before + 3);
  });

  test('lists are read again now and then, for upstreams that never say that they changed', async () => {
    server.mood.stream = 'refused';
    const upstream = await read({ listRefreshMs: 100 });
    server.mood.list = () => ({ tools: [good('new')] });
    await until('the new list', () => names(upstream)[0] === 'new');
  });

  test('nothing is told when nothing changed', async () => {
    const upstream = await read();
    await until('the stream', () => server.openStreams === 1);
    const { catalog } = upstream;
    const revision = registry?.revision;
    const before = server.count('tools/list');
    server.push(listChanged);
    await until('a reading', () => server.count('tools/list') > before);
    await until('its end', () => upstream.status().inFlight === 0);
    expect(upstream.catalog).toBe(catalog);
    expect(registry?.revision).toBe(revision);
  });
});

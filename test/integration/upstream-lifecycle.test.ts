import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, test } from '@jest/globals';

import { noFeatures } from '../../src/core/client-features.js';
import { Secret } from '../../src/core/secret.js';
import type { UpstreamConfig } from '../../src/core/upstream.js';
import { MemoryCatalogStore } from '../../src/upstream-registry/catalog/memory-catalog-store.js';
import type { UpstreamRegistry } from '../../src/upstream-registry/upstream-registry.service.js';
import { remote, stdio, upstreamConfig } from '../support/upstreams/config.js';
import { fixtureCommand, startFixture, type RunningUpstream } from '../support/upstreams/fixture.js';
import { HostileServer } from '../support/upstreams/hostile.js';
import {
  callTool,
  readyUpstream,
  startCall,
  startRegistry,
  textOf,
  until,
  type RegistryOptions,
} from '../support/upstreams/registry.js';

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);

describe('an upstream in the course of its life', () => {
  const open: { close(): Promise<void> }[] = [];

  function registryOf(upstreams: readonly UpstreamConfig[], options: RegistryOptions = {}): UpstreamRegistry {
    const registry = startRegistry(upstreams, options);
    open.unshift(registry);
    return registry;
  }

  async function hostile(port?: number): Promise<HostileServer> {
    const server = await HostileServer.start(port);
    open.push(server);
    return server;
  }

  async function fixture(transport: 'http' | 'sse', port?: number): Promise<RunningUpstream> {
    const server = await startFixture(transport, port);
    open.push({ close: () => server.kill() });
    return server;
  }

  afterEach(async () => {
    for (const it of open.splice(0)) await it.close();
  });

  test.each(['http', 'sse'] as const)(
    'over %s: killed in mid-call, its calls fail at once, others go on, the first call after its restart works',
    async (transport) => {
      const server = await fixture(transport);
      const other = await fixture('http');
      const registry = registryOf([
        upstreamConfig('killed', remote(server.url)),
        upstreamConfig('other', remote(other.url)),
      ]);
      const killed = await readyUpstream(registry, 'killed');
      const calm = await readyUpstream(registry, 'other');
      const underWay = [1, 2, 3].map(() =>
        startCall(killed.shared, 'sleep', { ms: 60_000 }).outcome.catch(codeOf),
      );
      const onTheOther = callTool(calm.shared, 'sleep', { ms: 500 });
      await callTool(killed.shared, 'echo', { message: 'they have arrived' });
      const killedAt = performance.now();
      await server.kill('SIGKILL');
      expect(await Promise.all(underWay)).toEqual(Array<string>(3).fill('UPSTREAM_UNAVAILABLE'));
      expect(performance.now() - killedAt).toBeLessThan(1_500);
      expect(textOf(await onTheOther)).toBe('slept');

      const calledAt = performance.now();
      expect(await callTool(killed.shared, 'echo', { message: 'a' }).catch(codeOf)).toBe(
        'UPSTREAM_UNAVAILABLE',
      );
      expect(performance.now() - calledAt).toBeLessThan(1_500);
      await until('down', () => killed.status().state === 'down');
      expect(killed.catalog?.tools.length).toBeGreaterThan(10);

      await fixture(transport, server.port);
      expect(textOf(await callTool(killed.shared, 'echo', { message: 'back' }))).toBe('back');
    },
  );

  test('restarted in between, the first call works without anybody noticing', async () => {
    const server = await fixture('http');
    const upstream = await readyUpstream(registryOf([upstreamConfig('up', remote(server.url))]), 'up');
    await server.kill('SIGKILL');
    await fixture('http', server.port);
    expect(textOf(await callTool(upstream.shared, 'echo', { message: 'new process' }))).toBe('new process');
  });

  test('frozen, its calls time out, the rest goes on, and it recovers by itself', async () => {
    const server = await fixture('http');
    const other = await fixture('http');
    const registry = registryOf([
      upstreamConfig('frozen', remote(server.url), { timeoutMs: 400 }),
      upstreamConfig('other', remote(other.url)),
    ]);
    const frozen = await readyUpstream(registry, 'frozen');
    const calm = await readyUpstream(registry, 'other');
    server.signal('SIGSTOP');
    const calls = Array.from({ length: 5 }, () =>
      callTool(frozen.shared, 'echo', { message: 'a' }).catch(codeOf),
    );
    expect(textOf(await callTool(calm.shared, 'echo', { message: 'b' }))).toBe('b');
    expect(await Promise.all(calls)).toEqual(Array<string>(5).fill('UPSTREAM_TIMEOUT'));
    expect(frozen.status().state).toBe('degraded');
    const refusedAt = performance.now();
    expect(await callTool(frozen.shared, 'echo', { message: 'a' }).catch(codeOf)).toBe(
      'UPSTREAM_UNAVAILABLE',
    );
    expect(performance.now() - refusedAt).toBeLessThan(100);
    server.signal('SIGCONT');
    let answer = '';
    for (let i = 0; i < 100 && answer !== 'c'; i++) {
      answer = await callTool(frozen.shared, 'echo', { message: 'c' }).then(textOf, codeOf);
      if (answer !== 'c') await sleep(50);
    }
    expect(answer).toBe('c');
    expect(frozen.status().state).toBe('ready');
  });

  test('not there at the start: nobody waits for it, and it is found when it comes', async () => {
    const first = await hostile();
    const { url, port } = first;
    await first.close();
    const startedAt = performance.now();
    const registry = registryOf([upstreamConfig('late', remote(url))]);
    expect(performance.now() - startedAt).toBeLessThan(500);
    const late = registry.get('late');
    await until('down', () => late?.status().state === 'down');
    expect(late?.status().lastFailure).toMatchObject({ message: 'refused the connection' });
    await hostile(port);
    await readyUpstream(registry, 'late');
  });

  test('rejecting our credentials, it says so, slowly asked again, and recovers when asked after a change', async () => {
    const server = await hostile();
    server.mood.authorization = 'Bearer right';
    const auth = (token: string) => ({ auth: { type: 'bearer_token', value: new Secret(token) } }) as const;
    const registry = registryOf([upstreamConfig('up', remote(server.url, auth('wrong-token')))]);
    const [upstream] = registry.list();
    if (upstream === undefined) throw new Error('No upstream');
    await until('rejected', () => upstream.status().state === 'rejected_credentials');
    expect(JSON.stringify(upstream.status().lastFailure)).not.toContain('wrong-token');
    expect(await callTool(upstream.shared, 'ok').catch(codeOf)).toBe('UPSTREAM_REJECTED_CREDENTIALS');
    registry.reconfigure([upstreamConfig('up', remote(server.url, auth('right')))]);
    await readyUpstream(registry, 'up');
    expect(textOf(await callTool(upstream.shared, 'ok'))).toBe('ok');
  });

  test('credentials withdrawn under way are noticed with the next call', async () => {
    const server = await hostile();
    const upstream = await readyUpstream(registryOf([upstreamConfig('up', remote(server.url))]), 'up');
    server.mood.authorization = 'Bearer something else';
    expect(await callTool(upstream.shared, 'ok').catch(codeOf)).toBe('UPSTREAM_REJECTED_CREDENTIALS');
    await until('rejected', () => upstream.status().state === 'rejected_credentials');
  });

  test('one that does not know ping is alive all the same', async () => {
    const server = await hostile();
    server.mood.pingStatus = 404;
    server.mood.hasSessions = false;
    const upstream = await readyUpstream(registryOf([upstreamConfig('up', remote(server.url))]), 'up');
    for (let i = 0; i < 3; i++) {
      expect(await callTool(upstream.shared, 'reset').catch(codeOf)).toBe('UPSTREAM_UNAVAILABLE');
      await until('a ping', () => server.count('ping') > i);
      await sleep(300);
    }
    expect(server.count('initialize')).toBe(1);
    expect(upstream.status().state).toBe('ready');
  });

  test('a tool that floods us with every answer is called no more for a while, the others are', async () => {
    const server = await hostile();
    const registry = registryOf([upstreamConfig('flood', remote(server.url))], {
      limits: { upstreamResponseBytes: 64 * 1024 },
    });
    const upstream = await readyUpstream(registry, 'flood');
    const flood = (): Promise<unknown> =>
      callTool(upstream.shared, 'huge_event', { bytes: 64 * 1024 * 1024 }).catch(codeOf);
    for (let i = 0; i < 2; i++) expect(await flood()).toBe('UPSTREAM_RESPONSE_TOO_LARGE');
    expect(await flood()).toBe('UPSTREAM_UNAVAILABLE');
    expect(server.callsOf('huge_event')).toBe(2);
    expect(upstream.status().state).toBe('degraded');
    expect(textOf(await callTool(upstream.shared, 'ok'))).toBe('ok');
    await until('ready', () => upstream.status().state === 'ready');
  });

  test('its calls beyond the cap wait in a short queue, further ones are refused', async () => {
    const server = await hostile();
    const config = upstreamConfig('up', remote(server.url), { maxConcurrentRequests: 2, timeoutMs: 2_000 });
    const upstream = await readyUpstream(registryOf([config], { limits: { upstreamQueue: 3 } }), 'up');
    const calls = Array.from({ length: 7 }, () =>
      callTool(upstream.shared, 'slow', { ms: 200 }).then(textOf, codeOf),
    );
    expect(upstream.status()).toMatchObject({ inFlight: 2, queued: 3 });
    const refused = startCall(upstream.shared, 'ok');
    refused.cancel('too late');
    expect(await refused.outcome.catch(codeOf)).toBe('OVERLOADED');
    expect((await Promise.all(calls)).sort()).toEqual([
      ...Array<string>(2).fill('OVERLOADED'),
      ...Array<string>(5).fill('ok'),
    ]);
    expect(upstream.status()).toMatchObject({ inFlight: 0, queued: 0 });
  });

  test('a cancelled call gives its place in the queue away and never reaches the upstream', async () => {
    const server = await hostile();
    const config = upstreamConfig('up', remote(server.url), { maxConcurrentRequests: 1 });
    const upstream = await readyUpstream(registryOf([config]), 'up');
    const first = callTool(upstream.shared, 'slow', { ms: 200 });
    const second = startCall(upstream.shared, 'ok_events');
    second.cancel('changed my mind');
    expect(await second.outcome.catch(codeOf)).toBe('CANCELLED');
    await first;
    expect(textOf(await callTool(upstream.shared, 'ok'))).toBe('ok');
    expect(server.callsOf('ok_events')).toBe(0);
    expect(server.count('notifications/cancelled')).toBe(0);
  });

  test('the transport of an address is found out and remembered', async () => {
    const http = await fixture('http');
    const sse = await fixture('sse');
    const registry = registryOf([
      upstreamConfig('a', remote(http.url)),
      upstreamConfig('b', remote(sse.url)),
      // Addresses that say the wrong thing about themselves.
      upstreamConfig('c', remote(new URL('/sse', http.url))),
      upstreamConfig('d', remote(new URL('/sse?x=/mcp', sse.url))),
    ]);
    for (const [name, transport] of [
      ['a', 'http'],
      ['b', 'sse'],
      ['c', 'http'],
      ['d', 'sse'],
    ] as const) {
      expect((await readyUpstream(registry, name)).status()).toMatchObject({ transport });
    }
  });

  test('an address that is no MCP server at all is down', async () => {
    const server = await hostile();
    server.mood.status = 404;
    const registry = registryOf([upstreamConfig('web', remote(server.url))], {
      limits: { connectTimeoutMs: 500 },
    });
    await until('down', () => registry.get('web')?.status().state === 'down');
    expect(registry.get('web')?.status().lastFailure?.message).toBe('answered HTTP 404');
  });

  test('one that does not answer is given up after its own time for connecting', async () => {
    const server = await hostile();
    server.mood.isSilent = true;
    const config = upstreamConfig('mute', remote(server.url), { connectTimeoutMs: 100 });
    const registry = registryOf([config], { limits: { connectTimeoutMs: 3_600_000 } });
    await until('down', () => registry.get('mute')?.status().state === 'down');
    expect(registry.get('mute')?.status().lastFailure?.message).toMatch(/ in time$/);
    server.mood.isSilent = false;
    await until('ready', () => registry.get('mute')?.status().state === 'ready');
  });

  test('a redirect within the origin is followed and remembered', async () => {
    const server = await hostile();
    const upstream = await readyUpstream(registryOf([upstreamConfig('up', remote(server.url))]), 'up');
    const args = { status: 308, location: '/mcp/' };
    expect(textOf(await callTool(upstream.shared, 'redirect', args))).toBe('ok');
    expect(textOf(await callTool(upstream.shared, 'redirect', args))).toBe('ok');
    expect(server.callsOf('redirect')).toBe(3);
  });

  test('a broken GET stream is taken up again and hints at a restart', async () => {
    const server = await hostile();
    server.mood.stream = 'open';
    const upstream = await readyUpstream(registryOf([upstreamConfig('up', remote(server.url))]), 'up');
    await until('the stream', () => server.openStreams === 1);
    const pings = server.count('ping');
    server.forgetSessions();
    server.endStreams();
    await until('a ping', () => server.count('ping') > pings);
    await until(
      'a new session with its stream',
      () => server.count('initialize') === 2 && server.openStreams >= 1,
    );
    await until('ready', () => upstream.status().state === 'ready');
  });

  describe('configured anew', () => {
    test('an unchanged upstream notices nothing, a changed one keeps its calls, a new one comes, an old one goes', async () => {
      const [a, b, c] = [await hostile(), await hostile(), await hostile()];
      const stays = upstreamConfig('stays', remote(a.url));
      const registry = registryOf([
        stays,
        upstreamConfig('moves', remote(b.url)),
        upstreamConfig('goes', remote(c.url)),
      ]);
      const moving = await readyUpstream(registry, 'moves');
      const going = await readyUpstream(registry, 'goes');
      await readyUpstream(registry, 'stays');
      const underWay = [
        callTool(moving.shared, 'slow', { ms: 400 }),
        callTool(going.shared, 'slow', { ms: 400 }),
      ];
      const { revision } = registry;
      registry.reconfigure([
        upstreamConfig('comes', remote(c.url)),
        upstreamConfig('moves', remote(a.url)),
        upstreamConfig('stays', remote(a.url)),
      ]);
      expect(registry.list().map(({ config }) => config.name)).toEqual(['comes', 'moves', 'stays']);
      expect(registry.get('goes')).toBeUndefined();
      expect(registry.revision).toBeGreaterThan(revision);
      expect(await callTool(going.shared, 'ok').catch(codeOf)).toBe('UPSTREAM_UNAVAILABLE');
      expect((await Promise.all(underWay)).map(textOf)).toEqual(['ok', 'ok']);
      await until('the move', () => a.count('initialize') === 2);
      expect(registry.get('moves')).toBe(moving);
      expect(textOf(await callTool(moving.shared, 'ok_events'))).toBe('ok');
      expect([a.callsOf('ok_events'), b.callsOf('ok_events')]).toEqual([1, 0]);
      await until('the old connections to be closed', () => b.openSockets === 0);
    });

    test('a changed endpoint that does not answer takes over all the same, with the catalog there was', async () => {
      const a = await hostile();
      const gone = await HostileServer.start();
      await gone.close();
      const registry = registryOf([upstreamConfig('up', remote(a.url))]);
      const upstream = await readyUpstream(registry, 'up');
      registry.reconfigure([upstreamConfig('up', remote(`http://127.0.0.1:${a.port + 1}/mcp`))]);
      await until('down', () => upstream.status().state === 'down');
      expect(upstream.catalog?.tools.length).toBeGreaterThan(0);
    });

    test('allowed and disallowed tools apply without a new connection', async () => {
      const server = await hostile();
      const registry = registryOf([upstreamConfig('up', remote(server.url))]);
      const upstream = await readyUpstream(registry, 'up');
      const names = (): string[] => upstream.catalog?.tools.map(({ name }) => name) ?? [];
      registry.reconfigure([
        upstreamConfig('up', remote(server.url), {
          allowedTools: ['gzip*', 'up__ok'],
          disallowedTools: ['*_bomb'],
        }),
      ]);
      expect(names().sort()).toEqual(['gzip', 'gzip_broken', 'gzip_events', 'ok']);
      expect(server.count('initialize')).toBe(1);
    });
  });

  test('its catalog survives a restart of the gateway, without the upstream', async () => {
    const store = new MemoryCatalogStore();
    const server = await fixture('http');
    const config = upstreamConfig('up', remote(server.url));
    const first = registryOf([config], { store });
    const known = (await readyUpstream(first, 'up')).catalog;
    await first.close();
    await server.kill();
    const second = registryOf([config, upstreamConfig('moved', remote('http://127.0.0.1:1/mcp'))], { store });
    await until('the stored catalog', () => second.get('up')?.catalog !== null);
    expect(second.get('up')?.catalog?.tools).toEqual(known?.tools);
    expect(second.get('moved')?.catalog).toBeNull();
    const third = registryOf([upstreamConfig('up', remote('http://127.0.0.1:1/elsewhere'))], { store });
    await until('the attempt', () => third.get('up')?.status().state === 'down');
    expect(third.get('up')?.catalog).toBeNull();
  });

  test('50 upstreams connect at once, dead ones among them hold nobody up', async () => {
    const servers = await Promise.all(Array.from({ length: 5 }, () => hostile()));
    const silent = await hostile();
    silent.mood.isSilent = true;
    const configs = Array.from({ length: 50 }, (_, i) => {
      const server = i % 5 === 4 ? silent : servers[i % 5];
      return upstreamConfig(`up${String(i).padStart(2, '0')}`, remote(server?.url ?? ''));
    });
    const registry = registryOf(configs);
    const isUp = (name: string): boolean => registry.get(name)?.status().state === 'ready';
    await until('the 40 that answer', () => configs.filter(({ name }) => isUp(name)).length === 40);
    expect(registry.list().map(({ config }) => config.name)).toEqual(configs.map(({ name }) => name));
  });

  test('a private connection ends with its client, and its upstream session with it', async () => {
    const server = await hostile();
    const upstream = await readyUpstream(registryOf([upstreamConfig('up', remote(server.url))]), 'up');
    const link = upstream.openPrivate({
      features: { ...noFeatures, sampling: true },
      onRequest: () => Promise.resolve('{}'),
      onNotification: () => undefined,
    });
    expect(server.count('initialize')).toBe(1);
    expect(textOf(await callTool(link, 'ok'))).toBe('ok');
    expect(
      server.received.findLast(({ message }) => message.method === 'initialize')?.message.params,
    ).toMatchObject({
      capabilities: { sampling: {} },
    });
    const underWay = startCall(link, 'hang').outcome.catch(codeOf);
    await link.close();
    expect(await underWay).toBe('UPSTREAM_UNAVAILABLE');
    expect(textOf(await callTool(upstream.shared, 'ok'))).toBe('ok');
  });

  test('a private connection asks for log messages before the first call, each time that it is opened', async () => {
    const server = await hostile();
    server.mood.capabilities = { tools: {}, logging: {} };
    const upstream = await readyUpstream(registryOf([upstreamConfig('up', remote(server.url))]), 'up');
    const link = upstream.openPrivate({
      features: noFeatures,
      logLevel: 'warning',
      onRequest: () => Promise.resolve('{}'),
      onNotification: () => undefined,
    });
    const asked = (): unknown[] =>
      server.received
        .map(({ message }) => message)
        .filter(({ method }) => method === 'logging/setLevel' || method === 'tools/call')
        .map(({ method, params }) => (method === 'tools/call' ? 'call' : params));
    await callTool(link, 'ok');
    server.forgetSessions();
    await callTool(link, 'ok');
    // The call in the middle is the one that was told that its session is gone.
    expect(asked()).toEqual([{ level: 'warning' }, 'call', 'call', { level: 'warning' }, 'call']);
    await link.close();
  });

  test('closing ends calls, sockets and processes, whatever is under way', async () => {
    const server = await hostile();
    server.mood.stream = 'open';
    const silent = await hostile();
    silent.mood.isSilent = true;
    const registry = registryOf([
      upstreamConfig('http', remote(server.url)),
      upstreamConfig('connecting', remote(silent.url)),
      upstreamConfig('child', stdio(fixtureCommand())),
    ]);
    const http = await readyUpstream(registry, 'http');
    const child = await readyUpstream(registry, 'child');
    const pid = Number(textOf(await callTool(child.shared, 'pid')));
    const calls = [startCall(http.shared, 'hang'), startCall(child.shared, 'sleep', { ms: 60_000 })];
    const outcomes = Promise.all(calls.map(({ outcome }) => outcome.catch(codeOf)));
    await registry.close();
    expect(await outcomes).toEqual(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_UNAVAILABLE']);
    expect(() => process.kill(pid, 0)).toThrow();
    await until('all sockets to be closed', () => server.openSockets + silent.openSockets === 0);
    expect(http.status().state).toBe('disabled');
    expect(await callTool(http.shared, 'ok').catch(codeOf)).toBe('UPSTREAM_UNAVAILABLE');
  });
});

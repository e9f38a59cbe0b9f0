import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { Change } from '../../src/core/change.js';
import { GatewayError } from '../../src/core/errors.js';
import { MemoryCatalogStore } from '../../src/upstream-registry/catalog/memory-catalog-store.js';
import { MemoryFingerprintStore } from '../../src/upstream-registry/pinning/memory-fingerprint-store.js';
import { seenTool } from '../../src/upstream-registry/pinning/seen-tools.js';
import { ToolPins } from '../../src/upstream-registry/pinning/tool-pins.service.js';
import { UpstreamRegistry } from '../../src/upstream-registry/upstream-registry.service.js';
import { registryConfig, remote, upstreamConfig } from '../support/upstreams/config.js';
import { HostileServer } from '../support/upstreams/hostile.js';
import { until } from '../support/upstreams/registry.js';

const tool = (name: string, description = 'Well.') => ({
  name,
  description,
  inputSchema: { type: 'object' },
});

/** What announces changes to every replica, in memory. */
class Bus {
  readonly #listeners = new Set<(change: Change) => void>();

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  publish(change: Change): Promise<void> {
    for (const listener of this.#listeners) listener(change);
    return Promise.resolve();
  }
}

/** A database that can be away. */
class FallibleStore extends MemoryFingerprintStore {
  isAway = false;

  override approved(upstream: string): ReturnType<MemoryFingerprintStore['approved']> {
    return this.isAway ? Promise.reject(new GatewayError('DATABASE_UNAVAILABLE')) : super.approved(upstream);
  }

  override observe(
    ...args: Parameters<MemoryFingerprintStore['observe']>
  ): ReturnType<MemoryFingerprintStore['observe']> {
    return this.isAway ? Promise.reject(new GatewayError('DATABASE_UNAVAILABLE')) : super.observe(...args);
  }
}

describe('a pinned upstream', () => {
  let server: HostileServer;
  let fingerprints: FallibleStore;
  let catalogs: MemoryCatalogStore;
  let bus: Bus;
  const replicas: { registry: UpstreamRegistry; pins: ToolPins }[] = [];

  beforeEach(async () => {
    server = await HostileServer.start();
    fingerprints = new FallibleStore();
    catalogs = new MemoryCatalogStore();
    bus = new Bus();
    offer(tool('a'), tool('b'));
  });

  afterEach(async () => {
    for (const replica of replicas.splice(0)) await stop(replica);
    await server.close();
  });

  function offer(...tools: readonly object[]): void {
    server.mood.list = (method) => (method === 'tools/list' ? { tools } : {});
  }

  function start(pin = true): { registry: UpstreamRegistry; pins: ToolPins } {
    const pins = new ToolPins(fingerprints, bus);
    pins.onModuleInit();
    const config = registryConfig([upstreamConfig('up', remote(server.url), { pin })]);
    const registry = new UpstreamRegistry(config, catalogs, null, pins);
    registry.onApplicationBootstrap();
    const replica = { registry, pins };
    replicas.push(replica);
    return replica;
  }

  async function stop({ registry, pins }: { registry: UpstreamRegistry; pins: ToolPins }): Promise<void> {
    await registry.close();
    await pins.onApplicationShutdown();
  }

  const shown = (registry: UpstreamRegistry): string =>
    (registry.get('up')?.catalog?.tools ?? []).map(({ name }) => name).join(' ');
  const shows = (registry: UpstreamRegistry, names: string): Promise<void> =>
    until(`"${names}", shows "${shown(registry)}"`, () => shown(registry) === names);

  test('shows what it had first, and after a restart of the gateway nothing else', async () => {
    const first = start();
    await shows(first.registry, 'a b');
    await stop(first);
    offer(tool('a', 'Changed.'), tool('b'), tool('c'));
    const second = start();
    await until('both are withheld', () => second.registry.get('up')?.withheld.length === 2);
    expect(shown(second.registry)).toBe('b');
    await stop(second);

    // Not even the catalog that was kept shows them, while the server is away.
    server.mood.isReset = true;
    const third = start();
    await shows(third.registry, 'b');
    expect(third.registry.get('up')?.withheld.map(({ name }) => name)).toEqual(['a', 'c']);
  });

  test('whose tools were seen before it was pinned goes on with those', async () => {
    const noted = async (count: number): Promise<void> => {
      while ((await fingerprints.versions('up')).length < count) await sleep(10);
    };
    const before = start(false);
    await noted(2);
    offer(tool('a', 'Changed.'), tool('b'));
    await stop(before);
    const changed = start(false);
    await noted(3);
    changed.registry.reconfigure([upstreamConfig('up', remote(server.url), { pin: true })]);
    await shows(changed.registry, 'a b');
  });

  test('shows nothing while it is not known what is approved, and all of it once it is', async () => {
    const first = start();
    await shows(first.registry, 'a b');
    await stop(first);
    fingerprints.isAway = true;
    const second = start();
    await until('the list', () => second.registry.get('up')?.lastRead != null);
    expect(shown(second.registry)).toBe('');
    fingerprints.isAway = false;
    await bus.publish({ kind: 'everything', id: '' });
    await shows(second.registry, 'a b');
  });

  test('is not taken back by what was read before it was decided', async () => {
    let answer: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (answer = resolve));
    const read = fingerprints.approved.bind(fingerprints);
    fingerprints.approved = async (upstream) => {
      fingerprints.approved = read;
      const before = await read(upstream);
      await late;
      return before;
    };
    const { registry } = start();
    await shows(registry, 'a b');
    answer();
    await sleep(50);
    expect(shown(registry)).toBe('a b');
  });

  test('goes on with what is approved when the database goes away', async () => {
    const { registry } = start();
    await shows(registry, 'a b');
    fingerprints.isAway = true;
    await bus.publish({ kind: 'everything', id: '' });
    expect(shown(registry)).toBe('a b');
  });

  test('is approved on all replicas at once', async () => {
    const here = start();
    await shows(here.registry, 'a b');
    const there = start();
    await shows(there.registry, 'a b');
    offer(tool('a', 'Changed.'), tool('b'));
    server.endStreams();
    for (const { registry } of [here, there]) {
      registry.reconfigure([upstreamConfig('up', remote(new URL('/mcp?again', server.url)), { pin: true })]);
      await until('withheld', () => registry.get('up')?.withheld.length === 1);
    }
    const withheld = here.registry.get('up')?.withheld ?? [];
    await here.pins.approve('up', withheld.map(seenTool), 'admin');
    expect(shown(here.registry)).toBe('a b');
    await shows(there.registry, 'a b');
  });
});

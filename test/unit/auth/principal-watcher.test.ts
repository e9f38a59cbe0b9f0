import { setTimeout as pause } from 'node:timers/promises';

import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';

import type { IdentityReader } from '../../../src/auth/identity-reader.service.js';
import { identityOf, type Identity, type KeyRecord } from '../../../src/auth/key-record.js';
import { PrincipalWatcher } from '../../../src/auth/principal-watcher.service.js';
import { GatewayError } from '../../../src/core/errors.js';

const level = (id: string, isBlocked = false) => ({
  id,
  alias: null,
  isBlocked,
  models: [],
  objectPermission: null,
  limits: {},
});

const record = (id: string, change: Partial<KeyRecord> = {}): KeyRecord => ({
  key: level(id),
  user: null,
  team: level('team'),
  organization: null,
  expiresAtMs: null,
  allowedRoutes: null,
  ...change,
});

/** Stored keys by hash, a database that can go away, and how many statements it took. */
class Store {
  readonly identities = new Map<string, Identity>();
  isAway = false;
  statements = 0;

  put(hash: string, stored: KeyRecord): Identity {
    const identity = identityOf(hash, stored, 'all');
    this.identities.set(hash, identity);
    return identity;
  }

  isCurrent(): boolean {
    return true;
  }

  async readAgain(hashes: readonly string[]): Promise<ReadonlyMap<string, Identity>> {
    this.statements++;
    await Promise.resolve();
    if (this.isAway) throw new GatewayError('DATABASE_UNAVAILABLE');
    return new Map(hashes.flatMap((hash) => [...this.identities].filter(([it]) => it === hash)));
  }
}

describe('watching principals', () => {
  const watchers: PrincipalWatcher[] = [];
  afterEach(() => watchers.splice(0).forEach((watcher) => watcher.onModuleDestroy()));

  const watching = () => {
    const store = new Store();
    const watcher = new PrincipalWatcher(store as unknown as IdentityReader);
    watchers.push(watcher);
    return { store, watcher };
  };

  it('reads a large team in a few statements', async () => {
    const { store, watcher } = watching();
    const told = new Map<string, string>();
    for (let index = 0; index < 1_200; index++) {
      const { principal } = store.put(`hash-${index}`, record(`key-${index}`));
      watcher.watch(principal, (_next, reason) => told.set(principal.keyId, reason));
      store.put(`hash-${index}`, record(`key-${index}`, { team: level('team', true) }));
    }
    watcher.apply({ kind: 'team', id: 'team' }, []);
    await pause(50);
    expect(told.size).toBe(1_200);
    expect([...new Set(told.values())]).toEqual(['blocked']);
    expect(store.statements).toBe(3);
  });

  it('tells once the database is back what happened while it was away', async () => {
    const { store, watcher } = watching();
    const { principal } = store.put('hash', record('key'));
    const told: unknown[] = [];
    watcher.watch(principal, (next, reason) => told.push([next, reason]));
    store.isAway = true;
    store.identities.clear();
    watcher.apply({ kind: 'everything', id: '' }, []);
    await pause(700);
    expect(told).toEqual([]);
    store.isAway = false;
    await pause(700);
    expect(told).toEqual([[null, 'deleted']]);
  });

  it('does not let a listener that fails keep the others from being told', async () => {
    Logger.overrideLogger(false);
    const { store, watcher } = watching();
    const { principal } = store.put('hash', record('key'));
    const told: string[] = [];
    watcher.watch(principal, () => {
      throw new Error('broken');
    });
    watcher.watch(principal, (_next, reason) => told.push(reason));
    store.identities.clear();
    watcher.apply({ kind: 'key', id: 'key' }, []);
    await pause(20);
    expect(told).toEqual(['deleted']);
  });

  it('is silent about changes that change nothing, and follows a key that moves', async () => {
    const { store, watcher } = watching();
    const { principal } = store.put('hash', record('key'));
    const told: string[] = [];
    watcher.watch(principal, (_next, reason) => told.push(reason));
    watcher.apply({ kind: 'team', id: 'team' }, []);
    await pause(20);
    expect(told).toEqual([]);
    store.put('hash', record('key', { team: level('other') }));
    watcher.apply({ kind: 'key', id: 'key' }, []);
    await pause(20);
    expect(told).toEqual(['changed']);
    const before = store.statements;
    watcher.apply({ kind: 'team', id: 'team' }, []);
    await pause(20);
    expect(store.statements).toBe(before);
    store.put('hash', record('key', { team: level('other', true) }));
    watcher.apply({ kind: 'team', id: 'other' }, []);
    await pause(20);
    expect(told).toEqual(['changed', 'blocked']);
  });

  it('waits for an end that is further away than a timer reaches', async () => {
    const { store, watcher } = watching();
    const { principal } = store.put('hash', record('key', { expiresAtMs: Date.now() + 60 * 86_400_000 }));
    const told: string[] = [];
    watcher.watch(principal, (_next, reason) => told.push(reason));
    await pause(30);
    expect(told).toEqual([]);
  });
});

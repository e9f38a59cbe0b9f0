import { setImmediate } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { IdentityCache } from '../../../src/auth/identity-cache.js';
import { IdentityReader } from '../../../src/auth/identity-reader.service.js';
import type { KeyLookupStore } from '../../../src/auth/key-lookup.store.js';
import type { Identity } from '../../../src/auth/key-record.js';
import { masterPrincipal } from '../../../src/auth/master-principal.js';
import { GatewayError } from '../../../src/core/errors.js';

const identity: Identity = {
  hash: 'known',
  blockedBy: null,
  principal: { ...masterPrincipal('all'), kind: 'virtual_key', keyId: 'k', teamId: 't' },
};

/** A database that goes away when it is told to, and counts. */
class Database {
  isReachable = true;
  reads = 0;
  mostAtOnce = 0;
  #atOnce = 0;
  /** Runs while a read is under way. */
  meanwhile: () => void = () => undefined;

  async byHash(hash: string): Promise<Identity | null> {
    this.reads++;
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    await Promise.resolve();
    this.#atOnce--;
    if (!this.isReachable) throw new GatewayError('DATABASE_UNAVAILABLE', { retryAfterSeconds: 2 });
    this.meanwhile();
    return hash === 'known' ? identity : null;
  }
}

const minute = 60_000;

describe('reading identities', () => {
  let database: Database;
  let cache: IdentityCache;
  let reader: IdentityReader;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
    database = new Database();
    cache = new IdentityCache({ maxKnown: 100, maxUnknown: 100, unknownTtlMs: 10_000 });
    reader = new IdentityReader(cache, database as unknown as KeyLookupStore);
    reader.onModuleInit();
  });
  afterEach(() => {
    reader.onModuleDestroy();
    jest.useRealTimers();
  });

  it('lets keys that were known go on for five minutes without a database, and no longer', async () => {
    await reader.read('known');
    database.isReachable = false;
    cache.doubtAll();
    expect(await reader.read('known')).toBe(identity);
    await jest.advanceTimersByTimeAsync(4.9 * minute);
    expect(await reader.read('known')).toBe(identity);
    await jest.advanceTimersByTimeAsync(0.2 * minute);
    await expect(reader.read('known')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  it('ends keys that nobody doubted, too, once the five minutes are over', async () => {
    await reader.read('known');
    database.isReachable = false;
    await jest.advanceTimersByTimeAsync(4 * minute);
    expect(cache.get('known')).toBe(identity);
    await jest.advanceTimersByTimeAsync(1.2 * minute);
    expect(cache.get('known')).toBeUndefined();
    database.isReachable = true;
    expect(await reader.read('known')).toBe(identity);
    expect(cache.get('known')).toBe(identity);
  });

  it('begins a new five minutes with each outage', async () => {
    await reader.read('known');
    database.isReachable = false;
    await jest.advanceTimersByTimeAsync(4 * minute);
    database.isReachable = true;
    reader.apply({ kind: 'everything', id: '' });
    cache.apply({ kind: 'everything', id: '' });
    database.isReachable = false;
    await jest.advanceTimersByTimeAsync(4 * minute);
    expect(await reader.read('known')).toBe(identity);
  });

  it('answers unknown keys that the database is away, and when to come again', async () => {
    database.isReachable = false;
    await expect(reader.read('new')).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      details: { retryAfterSeconds: expect.any(Number) },
    });
    expect(cache.isUnknown('new')).toBe(false);
  });

  it('does not let a key that was just blocked go on because the database went away with it', async () => {
    await reader.read('known');
    cache.apply({ kind: 'key', id: 'k' });
    database.isReachable = false;
    await expect(reader.read('known')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  it('reads a bounded number at once', async () => {
    const all = Array.from({ length: 500 }, (_, index) => reader.read(`flood-${index}`));
    await Promise.all(all);
    expect(database.mostAtOnce).toBeLessThanOrEqual(8);
    expect(database.reads).toBe(500);
  });

  it('refuses, rather than lets grow, a line that is too long', async () => {
    const all = await Promise.allSettled(
      Array.from({ length: 6_000 }, (_, index) => reader.read(`flood-${index}`)),
    );
    const refused = all.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(1_000);
    expect(refused[0]).toMatchObject({ reason: { code: 'DATABASE_UNAVAILABLE' } });
    await setImmediate();
    expect(await reader.read('known')).toBe(identity);
  });

  it('keeps nothing that changed while it was read', async () => {
    let times = 0;
    database.meanwhile = () => {
      if (++times <= 2) cache.apply({ kind: 'team', id: 't' });
    };
    expect(await reader.read('known')).toBe(identity);
    expect(database.reads).toBe(3);
    expect(cache.get('known')).toBe(identity);
    cache.apply({ kind: 'key', id: 'k' });
    database.meanwhile = () => cache.apply({ kind: 'team', id: 't' });
    await reader.read('known');
    expect(cache.get('known')).toBeUndefined();
  });
});

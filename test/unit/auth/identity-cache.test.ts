import { describe, expect, it } from '@jest/globals';

import { IdentityCache } from '../../../src/auth/identity-cache.js';
import type { Identity } from '../../../src/auth/key-record.js';
import { masterPrincipal } from '../../../src/auth/master-principal.js';
import type { Change } from '../../../src/core/change.js';

const identity = (hash: string, ids: Partial<Identity['principal']> = {}): Identity => ({
  hash,
  blockedBy: null,
  principal: { ...masterPrincipal('all'), kind: 'virtual_key', keyId: `key-${hash}`, ...ids },
});

const cacheOf = (...identities: Identity[]): IdentityCache => {
  const cache = new IdentityCache({ maxKnown: 3, maxUnknown: 2, unknownTtlMs: 10_000 });
  for (const one of identities) cache.put(one);
  return cache;
};

describe('the cache of identities', () => {
  it.each<[Change, string[]]>([
    [{ kind: 'key', id: 'key-a' }, ['a']],
    [{ kind: 'user', id: 'u' }, ['a', 'b']],
    [{ kind: 'team', id: 't' }, ['b']],
    [{ kind: 'organization', id: 'o' }, ['c']],
    [{ kind: 'team', id: 'u' }, []],
    [{ kind: 'membership', id: 'u' }, []],
    [{ kind: 'toolset', id: 't' }, []],
  ])('forgets what %j concerns', (change, gone) => {
    const cache = cacheOf(
      identity('a', { userId: 'u' }),
      identity('b', { userId: 'u', teamId: 't' }),
      identity('c', { organizationId: 'o' }),
    );
    expect(cache.apply(change).map(({ keyId }) => keyId.slice(4))).toEqual(gone);
    for (const hash of ['a', 'b', 'c']) expect(cache.get(hash) === undefined).toBe(gone.includes(hash));
  });

  it('doubts everything after a gap, and still knows it for the time without a database', () => {
    const cache = cacheOf(identity('a'));
    expect(cache.apply({ kind: 'everything', id: '' })).toEqual([]);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.lastKnown('a')?.hash).toBe('a');
    cache.put(identity('a'));
    expect(cache.get('a')?.hash).toBe('a');
  });

  it('forgets for good what a change names', () => {
    const cache = cacheOf(identity('a'));
    cache.apply({ kind: 'key', id: 'key-a' });
    expect(cache.lastKnown('a')).toBeUndefined();
  });

  it('is bounded, and keeps no trace of what fell out', () => {
    const cache = cacheOf(...['a', 'b', 'c', 'd'].map((hash) => identity(hash, { userId: 'u' })));
    expect(cache.get('a')).toBeUndefined();
    expect(cache.apply({ kind: 'user', id: 'u' })).toHaveLength(3);
    for (const hash of ['x', 'y', 'z']) cache.putUnknown(hash);
    expect(['x', 'y', 'z'].filter((hash) => cache.isUnknown(hash))).toHaveLength(2);
  });

  it('knows whether what was read changed under way', () => {
    const cache = cacheOf();
    const before = cache.revision;
    const { principal } = identity('a', { teamId: 't' });
    expect(cache.changedSince(before, principal)).toBe(false);
    cache.apply({ kind: 'team', id: 'other' });
    expect(cache.changedSince(before, principal)).toBe(false);
    expect(cache.changedSince(before, null)).toBe(true);
    cache.apply({ kind: 'team', id: 't' });
    expect(cache.changedSince(before, principal)).toBe(true);
    expect(cache.changedSince(cache.revision, principal)).toBe(false);
    for (let i = 0; i < 5_000; i++) cache.apply({ kind: 'user', id: String(i) });
    expect(cache.changedSince(before, identity('b').principal)).toBe(true);
  });

  it('asks again about unknown keys once one was issued', () => {
    const cache = cacheOf();
    cache.putUnknown('x');
    expect(cache.isUnknown('x')).toBe(true);
    cache.apply({ kind: 'key', id: 'new' });
    expect(cache.isUnknown('x')).toBe(false);
  });
});

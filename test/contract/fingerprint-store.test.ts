import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { DatabaseFingerprintStore } from '../../src/upstream-registry/pinning/fingerprint.store.js';
import {
  keptPerTool,
  keptPerUpstream,
  type FingerprintStore,
  type SeenTool,
} from '../../src/upstream-registry/pinning/fingerprint-store.js';
import { MemoryFingerprintStore } from '../../src/upstream-registry/pinning/memory-fingerprint-store.js';
import { testDatabases } from '../support/database.js';

interface Subject {
  empty(): Promise<FingerprintStore>;
  close(): Promise<void>;
}

const subjects: { readonly kind: string; readonly create: () => Promise<Subject> }[] = [
  {
    kind: 'memory',
    create: () =>
      Promise.resolve({
        empty: () => Promise.resolve(new MemoryFingerprintStore()),
        close: () => Promise.resolve(),
      }),
  },
  ...testDatabases.map(({ kind, create }) => ({
    kind: `${kind} database`,
    create: async (): Promise<Subject> => {
      const database = await create();
      return {
        empty: async () => {
          await database.clear();
          return new DatabaseFingerprintStore(database.database);
        },
        close: () => database.close(),
      };
    },
  })),
];

const seen = (tool: string, sha256: string): SeenTool => ({ tool, sha256, definition: `{"is":"${sha256}"}` });

describe.each(subjects)('the fingerprint store in $kind', ({ create }) => {
  let subject: Subject;
  let store: FingerprintStore;

  beforeAll(async () => {
    subject = await create();
  }, 60_000);

  beforeEach(async () => {
    store = await subject.empty();
  });

  afterAll(() => subject.close());

  /** `tool=sha256`, with a `!` while it is not approved. */
  const known = async (upstream = 'up'): Promise<string[]> =>
    (await store.versions(upstream))
      .map(({ tool, sha256, isApproved }) => `${tool}=${sha256}${isApproved ? '' : '!'}`)
      .sort();

  test('approves what a pinned upstream has when it is seen for the first time, and nothing after', async () => {
    const first = await store.observe('up', [seen('a', '1'), seen('b', '1')], true);
    expect(first).toMatchObject({ isFirst: true, added: [{ tool: 'a' }, { tool: 'b' }] });
    const second = await store.observe('up', [seen('a', '2'), seen('b', '1'), seen('c', '1')], true);
    expect(second.isFirst).toBe(false);
    expect(second.added).toEqual([
      { tool: 'a', sha256: '2', previousSha256: '1' },
      { tool: 'c', sha256: '1', previousSha256: null },
    ]);
    expect(await known()).toEqual(['a=1', 'a=2!', 'b=1', 'c=1!']);
    for (const approved of [second.approved, await store.approved('up')])
      expect(approved?.map(({ tool, sha256 }) => tool + sha256).sort()).toEqual(['a1', 'b1']);
  });

  test('names what was seen last before', async () => {
    for (const sha256 of ['1', '2', '1']) {
      await store.observe('up', [seen('a', sha256)], true);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const { added } = await store.observe('up', [seen('a', '3')], true);
    expect(added).toEqual([{ tool: 'a', sha256: '3', previousSha256: '1' }]);
  });

  test('says once that something is new', async () => {
    await store.observe('up', [seen('a', '1')], true);
    await store.observe('up', [seen('a', '2')], true);
    expect((await store.observe('up', [seen('a', '2')], true)).added).toEqual([]);
    expect((await store.observe('up', [seen('a', '1')], true)).added).toEqual([]);
  });

  test('approval of an upstream that is not pinned passes on to what it has now', async () => {
    await store.observe('up', [seen('a', '1'), seen('b', '1')], false);
    await store.observe('up', [seen('a', '2')], false);
    expect(await known()).toEqual(['a=1!', 'a=2', 'b=1']);
    await store.observe('up', [seen('a', '1')], true);
    expect(await known()).toEqual(['a=1!', 'a=2', 'b=1']);
  });

  test('approves by fingerprint, also what was never noted', async () => {
    await store.observe('up', [seen('a', '1')], true);
    await store.observe('up', [seen('a', '2')], true);
    await store.approve('up', [seen('a', '2'), seen('b', '9')], 'admin');
    expect(await known()).toEqual(['a=1', 'a=2', 'b=9']);
    await store.observe('up', [seen('a', '2')], true);
    expect(await known()).toEqual(['a=1', 'a=2', 'b=9']);
  });

  test('knows when a definition was seen first and last', async () => {
    await store.observe('up', [seen('a', '1')], false);
    const [before] = await store.versions('up');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await store.observe('up', [seen('a', '1')], false)).approved).toBeNull();
    const [after] = await store.versions('up');
    expect(after?.firstSeenAt).toEqual(before?.firstSeenAt);
    expect(after?.lastSeenAt.getTime()).toBeGreaterThan(before?.lastSeenAt.getTime() ?? Infinity);
  });

  test('keeps upstreams apart, and forgets one alone', async () => {
    await store.observe('up', [seen('a', '1')], true);
    expect((await store.observe('other', [seen('a', '2')], true)).isFirst).toBe(true);
    await store.forget('up');
    expect(await known()).toEqual([]);
    expect(await known('other')).toEqual(['a=2']);
  });

  test('gives back definitions as they were written', async () => {
    const odd = { tool: 'a', sha256: '1', definition: '{"description":"\\u0000 ü \\ud800 \'; drop"}' };
    await store.observe('up', [odd, seen('b', '2')], false);
    expect(await store.definitions('up', ['1', 'unknown'])).toEqual(new Map([['1', odd.definition]]));
  });

  test('an upstream that never says the same twice leaves a bounded trace', async () => {
    await store.observe('up', [seen('a', 'approved')], true);
    for (let i = 0; i < keptPerTool + 5; i++) await store.observe('up', [seen('a', String(i))], true);
    const versions = await known();
    expect(versions).toHaveLength(keptPerTool + 2);
    expect(versions).toContain('a=approved');
    expect(versions).toContain(`a=${keptPerTool + 4}!`);
    expect(versions).not.toContain('a=0!');

    const many = (round: number) =>
      Array.from({ length: keptPerUpstream }, (_, i) => seen(`${round}-${i}`, '1'));
    for (let round = 0; round < 4; round++) await store.observe('flood', many(round), false);
    expect((await store.versions('flood')).length).toBe(2 * keptPerUpstream);
  }, 30_000);

  test('sees an upstream for the first time once, whoever looks', async () => {
    const looks = await Promise.all(
      ['1', '2', '3'].map((sha256) => store.observe('up', [seen('a', sha256)], true)),
    );
    expect(looks.filter(({ isFirst }) => isFirst)).toHaveLength(1);
    expect((await store.versions('up')).filter(({ isApproved }) => isApproved)).toHaveLength(1);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { UpstreamCatalog } from '../../src/core/catalog.js';
import { DatabaseCatalogStore } from '../../src/upstream-registry/catalog/catalog.store.js';
import type { CatalogStore } from '../../src/upstream-registry/catalog/catalog-store.js';
import { MemoryCatalogStore } from '../../src/upstream-registry/catalog/memory-catalog-store.js';
import { testDatabases, type TestDatabase } from '../support/database.js';

interface Subject {
  readonly store: CatalogStore;
  clear(): Promise<CatalogStore>;
  close(): Promise<void>;
}

const subjects: { readonly kind: string; readonly create: () => Promise<Subject> }[] = [
  {
    kind: 'memory',
    create: () =>
      Promise.resolve({
        store: new MemoryCatalogStore(),
        clear: () => Promise.resolve(new MemoryCatalogStore()),
        close: () => Promise.resolve(),
      }),
  },
  ...testDatabases.map(({ kind, create }) => ({
    kind: `${kind} database`,
    create: async (): Promise<Subject> => {
      const database: TestDatabase = await create();
      const store = new DatabaseCatalogStore(database.database);
      return {
        store,
        clear: async () => {
          await database.clear();
          return store;
        },
        close: () => database.close(),
      };
    },
  })),
];

function catalog(upstream: string, more: Partial<UpstreamCatalog> = {}): UpstreamCatalog {
  return {
    upstream,
    tools: [{ name: 'tool', json: '{ "name":"tool",  "b":1.0, "a":1e400, "ü":"\\u0000\\ud800" }' }],
    prompts: [],
    resources: [{ uri: 'x://y', json: '{"uri":"x://y","name":"y"}' }],
    resourceTemplates: [],
    rejected: [{ kind: 'tool', name: 'bad', reason: 'because' }],
    capabilities: { tools: {} },
    serverInfo: { name: 'server' },
    instructions: null,
    readAt: new Date('2026-07-28T12:00:00.000Z'),
    ...more,
  };
}

describe.each(subjects)('the catalog store in $kind', ({ create }) => {
  let subject: Subject;
  let store: CatalogStore;

  beforeAll(async () => {
    subject = await create();
  }, 60_000);

  beforeEach(async () => {
    store = await subject.clear();
  });

  afterAll(() => subject.close());

  test('has nothing at first', async () => {
    expect(await store.load()).toEqual([]);
  });

  test('gives back what was saved, definitions byte for byte', async () => {
    const a = { catalog: catalog('a'), fingerprint: 'f1' };
    const b = { catalog: catalog('b', { tools: [], instructions: 'Be kind.' }), fingerprint: 'f2' };
    await store.save(a);
    await store.save(b);
    const loaded = [...(await store.load())].sort((x, y) =>
      x.catalog.upstream < y.catalog.upstream ? -1 : 1,
    );
    expect(loaded).toEqual([a, b]);
  });

  test('gives back what is for some clients only, and when that was found out', async () => {
    const prompts = [{ name: 'p', json: '{"name":"p"}', needs: ['sampling', 'roots'] as const }];
    const conditionsReadAt = new Date('2026-07-28T12:00:01.000Z');
    const a = { catalog: catalog('a', { prompts, conditionsReadAt }), fingerprint: 'f1' };
    await store.save(a);
    expect(await store.load()).toEqual([a]);
  });

  test('keeps the newest of an upstream', async () => {
    await store.save({ catalog: catalog('a'), fingerprint: 'old' });
    const newest = { catalog: catalog('a', { tools: [] }), fingerprint: 'new' };
    await store.save(newest);
    expect(await store.load()).toEqual([newest]);
  });
});

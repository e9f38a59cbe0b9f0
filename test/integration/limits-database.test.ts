import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';

import type { CounterKey } from '../../src/limits/lasting-counter.js';
import { LastingCounters } from '../../src/limits/lasting-counters.js';
import { LimitCounterStore } from '../../src/limits/limit-counter.store.js';
import { LimiterService } from '../../src/limits/limiter.service.js';
import { MemoryLimits } from '../../src/limits/memory-limits.js';
import { testDatabases, type TestDatabase } from '../support/database.js';
import { level, principal } from '../unit/limits/support.js';

const day = new Date('2026-11-23T00:00:00Z');
const later = new Date('2026-11-26T00:00:00Z');

function key(subjectId: string, limit = 'mcp_calls_per_day', windowStart = day): CounterKey {
  return { subjectKind: 'team', subjectId, limit, windowStart };
}

describe.each(testDatabases)('lasting limits on $kind', (databases) => {
  let held: TestDatabase;
  let store: LimitCounterStore;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    held = await databases.create();
    store = new LimitCounterStore(held.database);
  });
  beforeEach(() => held.clear());
  afterAll(() => held.close());

  function replica(): { limiter: LimiterService; lasting: LastingCounters } {
    const lasting = new LastingCounters(store);
    return { limiter: new LimiterService(new MemoryLimits(lasting), lasting), lasting };
  }

  it('adds to each counter and answers in the order asked', async () => {
    const add = (rows: [CounterKey, number][]): Promise<number[]> =>
      store.add(rows.map(([row, amount]) => ({ ...row, amount, expiresAt: later })));
    expect(
      await add([
        [key('b'), 2],
        [key('a'), 1],
      ]),
    ).toEqual([2, 1]);
    expect(
      await add([
        [key('a'), 0.25],
        [key('c'), 5],
        [key('b'), 1],
      ]),
    ).toEqual([1.25, 5, 3]);
    expect(await store.read([key('c'), key('nobody'), key('a'), key('a', 'max_budget')])).toEqual([
      5, 0, 1.25, 0,
    ]);
    expect(await store.read([key('a', 'mcp_calls_per_day', later)])).toEqual([0]);
    expect(await store.add([])).toEqual([]);
    expect(await store.read([])).toEqual([]);
  });

  it('takes two counters that are one row', async () => {
    const rows = [1, 2].map((amount) => ({ ...key('a'), amount, expiresAt: later }));
    expect(await store.add(rows)).toEqual([3, 3]);
  });

  it('keeps ids that look like SQL apart', async () => {
    const odd = [`'; drop table limit_counters; --`, '{a,b}', 'NULL', '"', '', 'ü\u{1F600}', '\\'];
    await store.add(odd.map((id, index) => ({ ...key(id), amount: index + 1, expiresAt: later })));
    expect(await store.read(odd.map((id) => key(id)))).toEqual(odd.map((_, index) => index + 1));
  });

  it('removes only what has expired', async () => {
    await store.add([
      { ...key('old'), amount: 1, expiresAt: day },
      { ...key('new'), amount: 1, expiresAt: later },
    ]);
    await store.removeExpired(new Date('2026-11-24T00:00:00Z'));
    expect(await store.read([key('old'), key('new')])).toEqual([0, 1]);
  });

  it('counts exactly when several replicas write at once', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `team-${index}`);
    await Promise.all(
      Array.from({ length: 8 }, (_, writer) => {
        const rows = names.map((name) => ({ ...key(name), amount: 1, expiresAt: later }));
        return store.add(writer % 2 === 0 ? rows : rows.reverse());
      }),
    );
    expect(await store.read(names.map((name) => key(name)))).toEqual(names.map(() => 8));
  });

  it('goes on after a restart with quotas and budgets', async () => {
    const team = level({ mcpCallsPerDay: 3, maxBudget: 1, budgetDuration: '30d' }, 'team');
    const before = replica();
    (await before.limiter.enter(principal(team), { kind: 'tool_call' })).leave({ cost: 0.75 });
    await before.limiter.enter(principal(team), { kind: 'tool_call' });
    await before.lasting.close();

    const after = replica();
    (await after.limiter.enter(principal(team), { kind: 'completion' })).leave({ cost: 0.25 });
    expect(() => after.limiter.enter(principal(team), { kind: 'completion' })).toThrow(
      'Budget used up: limit $1 per 30d',
    );
    const quota = { ...team, limits: { mcpCallsPerDay: 3 } };
    await after.limiter.enter(principal(quota), { kind: 'tool_call' });
    expect(() => after.limiter.enter(principal(quota), { kind: 'tool_call' })).toThrow('limit 3 calls/day');
    await after.lasting.close();
  });

  it('writes behind by itself within a second', async () => {
    const { limiter, lasting } = replica();
    const team = level({ mcpCallsPerDay: 100 }, 'team');
    for (let i = 0; i < 7; i += 1) await limiter.enter(principal(team), { kind: 'tool_call' });
    const deadline = Date.now() + 5_000;
    while (lasting.pendingWrites > 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const rows = await held.database.prisma.limitCounter.findMany();
    expect(rows).toMatchObject([
      { subjectKind: 'team', subjectId: team.id, limit: 'mcp_calls_per_day', used: 7 },
    ]);
    expect(rows[0]?.windowStart.toISOString()).toMatch(/T00:00:00.000Z$/);
    await lasting.close();
  });
});

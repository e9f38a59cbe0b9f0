import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { Logger } from '@nestjs/common';

import { GatewayError } from '../../src/core/errors.js';
import type { LimitLevel } from '../../src/core/limits.js';
import { Secret } from '../../src/core/secret.js';
import { LastingCounters } from '../../src/limits/lasting-counters.js';
import type { LimitedRequest } from '../../src/limits/limit-rule.js';
import type { LimitLease } from '../../src/limits/limiter.service.js';
import { LimiterService } from '../../src/limits/limiter.service.js';
import { MemoryLimits } from '../../src/limits/memory-limits.js';
import { RedisLimits } from '../../src/limits/redis-limits.js';
import { RedisLink } from '../../src/limits/redis-link.js';
import { CountersInMemory, level, principal } from '../unit/limits/support.js';

const redisUrl = process.env['TEST_REDIS_URL'];

interface Replica {
  readonly limiter: LimiterService;
  readonly lasting: LastingCounters;
  close(): Promise<void>;
}

interface Kind {
  readonly name: string;
  /** A limiter with windows of one second; those of one prefix share what is shared. */
  readonly create: (counters: CountersInMemory, prefix: string) => Promise<Replica>;
}

const kinds: Kind[] = [
  {
    name: 'memory',
    create: (counters) => {
      const lasting = new LastingCounters(counters);
      const limiter = new LimiterService(new MemoryLimits(lasting, 1_000), lasting);
      return Promise.resolve({ limiter, lasting, close: () => lasting.close() });
    },
  },
];
if (redisUrl !== undefined) {
  kinds.push({
    name: 'redis',
    create: async (counters, prefix) => {
      const lasting = new LastingCounters(counters);
      const link = new RedisLink(new Secret(redisUrl));
      await link.whenFirstReady();
      const store = new RedisLimits(link, lasting, new MemoryLimits(lasting, 1_000), {
        prefix,
        windowSeconds: 1,
      });
      const limiter = new LimiterService(store, lasting);
      const close = async (): Promise<void> => {
        await lasting.close();
        await store.close();
      };
      return { limiter, lasting, close };
    },
  });
}

describe.each(kinds)('limits in $name', ({ name, create }) => {
  const prefix = `test-${randomUUID()}`;
  const counters = new CountersInMemory();
  const replicas: Replica[] = [];
  let limiter: LimiterService;

  async function another(shared = counters): Promise<Replica> {
    const replica = await create(shared, prefix);
    replicas.push(replica);
    return replica;
  }

  async function enter(
    levels: LimitLevel | LimitLevel[],
    request: Partial<LimitedRequest> = {},
  ): Promise<LimitLease> {
    return limiter.enter(principal(...[levels].flat()), { kind: 'tool_call', ...request });
  }

  async function refused(
    levels: LimitLevel | LimitLevel[],
    request: Partial<LimitedRequest> = {},
  ): Promise<GatewayError> {
    const outcome: unknown = await enter(levels, request).catch((error: unknown) => error);
    if (outcome instanceof GatewayError) return outcome;
    throw new Error('the request was let in');
  }

  beforeAll(async () => {
    Logger.overrideLogger(false);
    limiter = (await another()).limiter;
  });

  afterAll(async () => {
    for (const replica of replicas) await replica.close();
  });

  it('lets as many requests a window in as the limit says, and the next window again', async () => {
    const key = level({ rpmLimit: 3 });
    for (let i = 0; i < 3; i += 1) await enter(key);
    const error = await refused(key);
    expect(error.code).toBe('RATE_LIMITED');
    expect(error.details.retryAfterSeconds).toBe(1);
    expect(error.message).toContain(`limit 3 requests/minute for ${key.label}, resets in 1 s`);
    await pause(1_050);
    for (let i = 0; i < 3; i += 1) await enter(key);
    await refused(key);
  });

  it('is exact when all come at once', async () => {
    const key = level({ rpmLimit: 10, maxParallelRequests: 7, mcpCallsPerDay: 100 });
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => enter(key)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(7);
  });

  it('counts nothing for a request that one of its levels refuses', async () => {
    const team = level({ rpmLimit: 5, mcpCallsPerDay: 5, maxParallelRequests: 5 }, 'team');
    const key = level({ rpmLimit: 1 });
    await enter([team, key]);
    for (let i = 0; i < 10; i += 1) {
      expect((await refused([team, key])).message).toContain(`1 requests/minute for ${key.label}`);
    }
    // What was taken back in a shared store is there a moment later.
    await pause(100);
    for (let i = 0; i < 4; i += 1) await enter([team, level({ rpmLimit: 1 })]);
    await refused([team, level({ rpmLimit: 1 })]);
  });

  it('goes by the smallest of all levels', async () => {
    const levels = [
      level({ mcpCallsPerDay: 100 }, 'organization'),
      level({ mcpCallsPerDay: 50 }, 'team'),
      level({ mcpCallsPerDay: 2 }, 'user'),
      level({ mcpCallsPerDay: 30 }),
    ];
    await enter(levels);
    await enter(levels);
    expect((await refused(levels)).details.data).toMatchObject({ level: 'user', limit: 'mcp_calls_per_day' });
  });

  it('counts a level once for all principals that share it', async () => {
    const team = level({ mcpCallsPerDay: 3 }, 'team');
    await enter([team, level({})]);
    await enter([{ ...team }, level({})]);
    await enter([team]);
    await refused([team, level({})]);
    await enter(level({ mcpCallsPerDay: 3 }, 'user', team.id));
  });

  it('limits the calls to one upstream and leaves the others alone', async () => {
    const key = level({ mcpRpmLimit: { github: 1, __proto__x: 1 } });
    await enter(key, { upstream: 'github' });
    expect((await refused(key, { upstream: 'github' })).message).toContain('1 calls/minute to github');
    await enter(key, { upstream: 'zapier' });
    await enter(key, { upstream: 'constructor' });
    await enter(key, { kind: 'completion', upstream: 'github' });
    await enter(key);
  });

  it('counts tool calls a day, not requests or completions', async () => {
    const key = level({ mcpCallsPerDay: 1 });
    await enter(key, { kind: 'request' });
    await enter(key, { kind: 'completion' });
    await enter(key);
    await refused(key);
    await enter(key, { kind: 'completion' });
  });

  it('gives a slot back when the request ends, once', async () => {
    const key = level({ maxParallelRequests: 2 });
    const [first] = [await enter(key), await enter(key)];
    expect((await refused(key)).message).toContain('limit 2 parallel requests');
    first.leave();
    first.leave();
    first.leave();
    await enter(key);
    await refused(key);
  });

  it('never leaks a slot', async () => {
    const key = level({ maxParallelRequests: 3, rpmLimit: 1_000_000 });
    for (let round = 0; round < 50; round += 1) {
      const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => enter(key)));
      for (const outcome of outcomes) if (outcome.status === 'fulfilled') outcome.value.leave();
    }
    for (let i = 0; i < 3; i += 1) await enter(key);
    await refused(key);
  });

  it('takes no slot for the tool calls of a completion that holds one', async () => {
    const key = level({ maxParallelRequests: 1, mcpCallsPerDay: 1 });
    await enter(key, { kind: 'completion' });
    await enter(key, { isNested: true });
    expect((await refused(key, { isNested: true })).details.data).toMatchObject({
      limit: 'mcp_calls_per_day',
    });
  });

  it('counts tokens when they are known and refuses when they are used up', async () => {
    const key = level({ tpmLimit: 100 });
    const lease = await enter(key, { kind: 'completion' });
    await enter(key, { kind: 'completion' });
    lease.leave({ tokens: 120 });
    expect((await refused(key, { kind: 'completion' })).message).toContain('limit 100 tokens/minute');
    await enter(key);
    await pause(1_050);
    await enter(key, { kind: 'completion' });
  });

  it('counts costs when they are known and refuses when the budget is used up', async () => {
    const key = level({ maxBudget: 0.3, budgetDuration: '30d' });
    for (let i = 0; i < 3; i += 1)
      (await enter(key, { kind: i === 1 ? 'tool_call' : 'completion' })).leave({ cost: 0.1 });
    const error = await refused(key);
    expect(error.code).toBe('BUDGET_EXCEEDED');
    expect(error.details.retryAfterSeconds).toBeGreaterThan(0);
    await enter(key, { kind: 'request' });
  });

  it('can stop a request in the middle when its budget or its tokens are used up', async () => {
    const lease = await enter(level({ maxBudget: 1 }), { kind: 'completion' });
    lease.spend({ cost: 0.6 });
    lease.check();
    lease.spend({ cost: 0.6 });
    expect(() => lease.check()).toThrow('Budget used up: limit $1');
    lease.leave();
    const tokens = await enter(level({ tpmLimit: 10 }), { kind: 'completion' });
    tokens.check();
    tokens.spend({ tokens: 10 });
    expect(() => tokens.check()).toThrow('limit 10 tokens/minute');
    tokens.leave();
    tokens.spend({ tokens: 10 });
    const free = await enter(level({ rpmLimit: 5 }));
    free.spend({ cost: 1, tokens: 1 });
    free.check();
  });

  it('adds up costs far below a cent', async () => {
    const key = level({ maxBudget: 0.000_01 });
    for (let i = 0; i < 10; i += 1) (await enter(key, { kind: 'completion' })).leave({ cost: 0.000_001 });
    await refused(key, { kind: 'completion' });
  });

  it('tells of the limit that lasts longest', async () => {
    const key = level({ rpmLimit: 1, mcpCallsPerDay: 1, maxParallelRequests: 1 });
    await enter(key);
    expect((await refused(key)).details.data).toMatchObject({ limit: 'mcp_calls_per_day' });
    const other = level({ rpmLimit: 1, maxParallelRequests: 1 });
    await enter(other);
    expect((await refused(other)).details.data).toMatchObject({ limit: 'rpm_limit' });
  });

  it('keeps quotas and budgets over a restart', async () => {
    const key = level({ mcpCallsPerDay: 2, maxBudget: 10 });
    const first = await another();
    (await first.limiter.enter(principal(key), { kind: 'tool_call' })).leave({ cost: 4 });
    await first.lasting.close();
    limiter = (await another()).limiter;
    (await enter(key)).leave({ cost: 7 });
    expect((await refused(key)).code).toBe('BUDGET_EXCEEDED');
    expect((await refused({ ...key, limits: { mcpCallsPerDay: 2 } })).code).toBe('RATE_LIMITED');
  });

  if (name === 'redis') {
    describe('between replicas', () => {
      const request = { kind: 'tool_call' } as const;

      async function pair(): Promise<[LimiterService, LimiterService]> {
        return [(await another()).limiter, (await another()).limiter];
      }

      it('shares rates, quotas, budgets and slots exactly', async () => {
        const [a, b] = await pair();
        for (const limits of [{ rpmLimit: 4 }, { mcpCallsPerDay: 4 }, { maxParallelRequests: 4 }]) {
          const who = principal(level(limits));
          const outcomes = await Promise.allSettled(
            Array.from({ length: 20 }, async (_, index) => (index % 2 === 0 ? a : b).enter(who, request)),
          );
          expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
        }
        const budget = principal(level({ maxBudget: 1 }));
        (await a.enter(budget, request)).leave({ cost: 1 });
        await pause(50);
        await expect((async () => b.enter(budget, request))()).rejects.toMatchObject({
          code: 'BUDGET_EXCEEDED',
        });
      });

      it('goes by Redis while the database is away, and refuses a budget that nobody knows', async () => {
        const key = level({ maxBudget: 5 });
        const [a] = await pair();
        (await a.enter(principal(key), request)).leave({ cost: 1 });
        const cutOff = new CountersInMemory();
        cutOff.isAway = true;
        const { limiter: b } = await another(cutOff);
        const lease = await b.enter(principal(key), request);
        lease.leave({ cost: 4 });
        await pause(50);
        await expect((async () => a.enter(principal(key), request))()).rejects.toMatchObject({
          code: 'BUDGET_EXCEEDED',
        });
        await expect(
          (async () => b.enter(principal(level({ maxBudget: 5 })), request))(),
        ).rejects.toMatchObject({
          code: 'LIMITER_UNAVAILABLE',
        });
        cutOff.isAway = false;
      });

      it('goes on from what the database knows when Redis has forgotten', async () => {
        const forgetful = `${prefix}-forgotten`;
        const key = level({ mcpCallsPerDay: 2, maxBudget: 5 });
        const before = await create(counters, `${prefix}-before`);
        (await before.limiter.enter(principal(key), request)).leave({ cost: 5 });
        await before.close();
        const after = await create(counters, forgetful);
        replicas.push(after);
        await expect((async () => after.limiter.enter(principal(key), request))()).rejects.toMatchObject({
          code: 'BUDGET_EXCEEDED',
        });
        const quota = principal({ ...key, limits: { mcpCallsPerDay: 2 } });
        await after.limiter.enter(quota, request);
        await expect((async () => after.limiter.enter(quota, request))()).rejects.toMatchObject({
          code: 'RATE_LIMITED',
        });
      });
    });
  }

  afterEach(() => {
    limiter = (replicas[0] as Replica).limiter;
  });
});

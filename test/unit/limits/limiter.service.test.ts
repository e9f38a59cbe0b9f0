import { afterEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { GatewayError } from '../../../src/core/errors.js';
import { LastingCounters } from '../../../src/limits/lasting-counters.js';
import type { LimitLease } from '../../../src/limits/limiter.service.js';
import { LimiterService } from '../../../src/limits/limiter.service.js';
import { MemoryLimits } from '../../../src/limits/memory-limits.js';
import { CountersInMemory, level, principal } from './support.js';

const noon = Date.parse('2026-11-23T12:00:00Z');
const toolCall = { kind: 'tool_call' } as const;
const completion = { kind: 'completion' } as const;

const open: LastingCounters[] = [];

function replica(counters = new CountersInMemory()): { limiter: LimiterService; lasting: LastingCounters } {
  const lasting = new LastingCounters(counters, { flushMs: 10, idleMs: 60_000 });
  open.push(lasting);
  return { limiter: new LimiterService(new MemoryLimits(lasting), lasting), lasting };
}

afterEach(async () => {
  for (const lasting of open.splice(0)) await lasting.close();
});

/** Lets a request in that must not have to wait for an answer. */
function enterNow(limiter: LimiterService, ...request: Parameters<LimiterService['enter']>): LimitLease {
  const lease = limiter.enter(...request);
  if (lease instanceof Promise) throw new Error('the request had to wait');
  return lease;
}

/** What a refusal says; fails when the request is let in. */
function refusal(enter: () => LimitLease | Promise<LimitLease>): GatewayError {
  try {
    void enter();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('the request was let in');
}

describe('LimiterService', () => {
  it('answers at once for a principal without limits', () => {
    const { limiter } = replica();
    enterNow(limiter, principal(), toolCall).leave({ tokens: 5, cost: 5 });
    expect(limiter.state.counters).toBe(0);
  });

  it('says which limit, whose, and when it resets', async () => {
    const { limiter } = replica();
    const team = (limits: object) => ({ ...level(limits, 'team'), label: 'team payments' });
    const message = async (limits: object, request: object = toolCall): Promise<GatewayError> => {
      const who = principal(team(limits));
      try {
        await limiter.enter(who, { ...toolCall, ...request }, noon + 400);
      } catch (error) {
        return error as GatewayError;
      }
      throw new Error('the request was let in');
    };
    const daily = await message({ mcpCallsPerDay: 0 });
    expect(daily.message).toBe('Rate limit reached: limit 0 calls/day for team payments, resets 00:00 UTC.');
    expect(daily.details.retryAfterSeconds).toBe(12 * 3600);
    expect(daily.definition.status).toBe(429);
    expect(daily.details.data).toEqual({
      limit: 'mcp_calls_per_day',
      level: 'team',
      resets_at: '2026-11-24T00:00:00.000Z',
    });
    const rate = await message({ rpmLimit: 0 });
    expect(rate.message).toBe(
      'Rate limit reached: limit 0 requests/minute for team payments, resets in 60 s.',
    );
    expect(rate.details.retryAfterSeconds).toBe(60);
    const server = await message({ mcpRpmLimit: { github: 0 } }, { upstream: 'github' });
    expect(server.message).toContain('limit 0 calls/minute to github for team payments');
    const slots = await message({ maxParallelRequests: 0 });
    expect(slots.message).toContain('limit 0 parallel requests for team payments, try again when one');
    expect(slots.details.retryAfterSeconds).toBe(1);
    const tokens = await message({ tpmLimit: 0 }, completion);
    expect(tokens.message).toContain('limit 0 tokens/minute for team payments');
    const budget = await message({ maxBudget: 0, budgetDuration: '1d' });
    expect(budget.message).toBe(
      'Budget used up: limit $0 per 1d for team payments, resets 2026-11-24 00:00 UTC.',
    );
    expect(budget.code).toBe('BUDGET_EXCEEDED');
    expect(budget.details.retryAfterSeconds).toBe(12 * 3600);
    const forEver = await message({ maxBudget: 0 });
    expect(forEver.message).toBe('Budget used up: limit $0 for team payments, does not reset.');
    expect(forEver.details.retryAfterSeconds).toBe(86_400);
    expect(limiter.state.refused).toEqual({
      mcp_calls_per_day: 1,
      rpm_limit: 1,
      mcp_rpm_limit: 1,
      max_parallel_requests: 1,
      tpm_limit: 1,
      max_budget: 2,
    });
  });

  it('begins a new minute with the first request after the old one', () => {
    const { limiter } = replica();
    const who = principal(level({ rpmLimit: 2 }));
    enterNow(limiter, who, toolCall, noon);
    enterNow(limiter, who, toolCall, noon + 59_000);
    const error = refusal(() => limiter.enter(who, toolCall, noon + 59_500));
    expect(error.details.retryAfterSeconds).toBe(1);
    enterNow(limiter, who, toolCall, noon + 60_000);
  });

  it('resets a daily quota at midnight UTC, neither before nor after', async () => {
    const { limiter } = replica();
    const who = principal(level({ mcpCallsPerDay: 1 }));
    const midnight = Date.parse('2026-11-24T00:00:00Z');
    await limiter.enter(who, toolCall, midnight - 2);
    expect(refusal(() => limiter.enter(who, toolCall, midnight - 1)).details.retryAfterSeconds).toBe(1);
    // The day goes on in memory: no query at midnight.
    enterNow(limiter, who, toolCall, midnight);
    refusal(() => limiter.enter(who, toolCall, midnight + 1));
  });

  it('resets a budget when its period ends, and counts a long call where it ended', async () => {
    const { limiter } = replica();
    const resetAt = noon + 1_000;
    const who = principal(level({ maxBudget: 1, budgetDuration: '1h', budgetResetAtMs: resetAt }));
    (await limiter.enter(who, completion, noon)).leave({ cost: 1 }, noon + 1);
    expect(refusal(() => limiter.enter(who, completion, resetAt - 1)).details.data).toMatchObject({
      resets_at: new Date(resetAt).toISOString(),
    });
    const late = await limiter.enter(who, completion, resetAt);
    late.leave({ cost: 1 }, resetAt + 5);
    refusal(() => limiter.enter(who, completion, resetAt + 6));
  });

  it('goes on counting after a restart', async () => {
    const counters = new CountersInMemory();
    const who = principal(level({ mcpCallsPerDay: 3, maxBudget: 10 }));
    const before = replica(counters);
    for (let i = 0; i < 2; i += 1) (await before.limiter.enter(who, toolCall, noon)).leave({ cost: 1 }, noon);
    await before.lasting.close();
    const after = replica(counters);
    await after.limiter.enter(who, toolCall, noon);
    expect(refusal(() => after.limiter.enter(who, toolCall, noon)).details.data).toMatchObject({
      limit: 'mcp_calls_per_day',
    });
  });

  it('asks the database once, however many come first, and not again', async () => {
    const counters = new CountersInMemory();
    const { limiter, lasting } = replica(counters);
    const who = principal(level({ mcpCallsPerDay: 100, maxBudget: 10 }));
    await Promise.all(Array.from({ length: 20 }, async () => limiter.enter(who, toolCall, noon)));
    expect(counters.reads).toBe(1);
    for (let i = 0; i < 50; i += 1) enterNow(limiter, who, toolCall, noon);
    await lasting.flush();
    expect(counters.reads).toBe(1);
    expect(lasting.pendingWrites).toBe(0);
  });

  it('learns with its next write what another replica counted', async () => {
    const counters = new CountersInMemory();
    const shared = level({ mcpCallsPerDay: 10 }, 'team', 'shared');
    const [a, b] = [replica(counters), replica(counters)];
    await a.limiter.enter(principal(shared), toolCall, noon);
    await b.limiter.enter(principal(shared), toolCall, noon);
    for (let i = 0; i < 8; i += 1) enterNow(a.limiter, principal(shared), toolCall, noon);
    await a.lasting.flush();
    await b.lasting.flush();
    refusal(() => b.limiter.enter(principal(shared), toolCall, noon));
  });

  describe('without the database', () => {
    it('refuses budgets it does not know and goes on with those it knows', async () => {
      Logger.overrideLogger(false);
      const counters = new CountersInMemory();
      const { limiter } = replica(counters);
      const known = principal(level({ maxBudget: 1 }));
      await limiter.enter(known, completion, noon);
      counters.isAway = true;
      const unknown = principal(level({ maxBudget: 1 }));
      await expect(limiter.enter(unknown, completion, noon)).rejects.toMatchObject({
        code: 'LIMITER_UNAVAILABLE',
        details: { retryAfterSeconds: 1 },
      });
      enterNow(limiter, known, completion, noon).leave({ cost: 1 }, noon);
      expect(refusal(() => limiter.enter(known, completion, noon)).code).toBe('BUDGET_EXCEEDED');
      counters.isAway = false;
      await expect(limiter.enter(unknown, completion, noon)).resolves.toBeDefined();
    });

    it('counts quotas alone and writes them when it is back', async () => {
      Logger.overrideLogger(false);
      const counters = new CountersInMemory();
      counters.isAway = true;
      const { limiter, lasting } = replica(counters);
      const quota = level({ mcpCallsPerDay: 2 });
      await limiter.enter(principal(quota), toolCall, noon);
      await limiter.enter(principal(quota), toolCall, noon);
      await expect(limiter.enter(principal(quota), toolCall, noon)).rejects.toMatchObject({
        code: 'RATE_LIMITED',
      });
      await expect(lasting.flush()).rejects.toThrow('away');
      expect(lasting.pendingWrites).toBe(1);
      counters.isAway = false;
      await lasting.flush();
      const other = replica(counters);
      await expect(other.limiter.enter(principal(quota), toolCall, noon)).rejects.toMatchObject({
        code: 'RATE_LIMITED',
      });
    });
  });

  it('forgets counters that are over or idle, and never what is not written', async () => {
    const counters = new CountersInMemory();
    const lasting = new LastingCounters(counters, { flushMs: 60_000, idleMs: 1_000 });
    open.push(lasting);
    const store = new MemoryLimits(lasting);
    const limiter = new LimiterService(store, lasting);
    for (let i = 0; i < 100; i += 1) {
      const who = principal(
        level({ rpmLimit: 5, maxParallelRequests: 5, mcpCallsPerDay: 5, mcpRpmLimit: { a: 5 } }),
      );
      (await limiter.enter(who, { kind: 'tool_call', upstream: 'a' }, noon)).leave({}, noon);
    }
    expect(limiter.state.counters).toBe(300);
    store.sweep(noon + 60_000);
    lasting.sweep(noon + 60_000);
    expect(limiter.state.counters).toBe(100);
    await lasting.flush();
    lasting.sweep(noon + 60_000);
    expect(limiter.state.counters).toBe(0);
  });

  it('makes no entry for an upstream that only a client names', () => {
    const { limiter } = replica();
    const who = principal(level({ rpmLimit: 1_000_000, mcpRpmLimit: { github: 1 } }));
    for (let i = 0; i < 1_000; i += 1)
      enterNow(limiter, who, { kind: 'tool_call', upstream: `made-up-${i}` }, noon);
    expect(limiter.state.counters).toBe(1);
  });
});

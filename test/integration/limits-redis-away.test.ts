import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { Secret } from '../../src/core/secret.js';
import { LastingCounters } from '../../src/limits/lasting-counters.js';
import { LimiterService } from '../../src/limits/limiter.service.js';
import { MemoryLimits } from '../../src/limits/memory-limits.js';
import { RedisLimits } from '../../src/limits/redis-limits.js';
import { RedisLink } from '../../src/limits/redis-link.js';
import { CountersInMemory, level, principal } from '../unit/limits/support.js';

const redisUrl = process.env['TEST_REDIS_URL'];
const toolCall = { kind: 'tool_call' } as const;
const closing: (() => Promise<void> | void)[] = [];

async function limiterAt(url: string): Promise<LimiterService> {
  const lasting = new LastingCounters(new CountersInMemory());
  const link = new RedisLink(new Secret(url));
  await link.whenFirstReady();
  const options = { prefix: `test-${randomUUID()}`, windowSeconds: 60 };
  const store = new RedisLimits(link, lasting, new MemoryLimits(lasting), options);
  closing.push(
    () => lasting.close(),
    () => store.close(),
  );
  return new LimiterService(store, lasting);
}

/** A way to Redis that can be frozen, cut and restored. */
class Road {
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;
  #isFrozen = false;

  constructor(private readonly target: URL) {}

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    this.#isFrozen = false;
    this.#server = createServer((client) => {
      const server = connect(Number(this.target.port || 6379), this.target.hostname);
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (bytes) => {
          if (!this.#isFrozen) to.write(bytes);
        });
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
      }
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  freeze(): void {
    this.#isFrozen = true;
  }

  cut(): void {
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}

beforeAll(() => {
  Logger.overrideLogger(false);
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe('limits while Redis is away from the start', () => {
  it('leaves rates open and counts what it let through', async () => {
    const limiter = await limiterAt('redis://127.0.0.1:1');
    const who = principal(level({ rpmLimit: 1, mcpRpmLimit: { github: 1 } }));
    for (let i = 0; i < 5; i += 1) await limiter.enter(who, { ...toolCall, upstream: 'github' });
    await limiter.enter(principal(level({ tpmLimit: 0 })), { kind: 'completion' });
    expect(limiter.state).toMatchObject({ store: 'redis', isAvailable: false, failedOpen: 6 });
  });

  it('refuses budgets with a reason of their own', async () => {
    const limiter = await limiterAt('redis://127.0.0.1:1');
    const who = principal({ ...level({ maxBudget: 100 }), label: 'key ci' });
    await expect(limiter.enter(who, toolCall)).rejects.toMatchObject({
      code: 'LIMITER_UNAVAILABLE',
      message: 'The budget cannot be checked right now (limit $100 for key ci). Try again shortly.',
    });
    await limiter.enter(who, { kind: 'request' });
  });

  it('goes on with quotas and parallel requests on its own', async () => {
    const limiter = await limiterAt('redis://127.0.0.1:1');
    const who = principal(level({ mcpCallsPerDay: 3, maxParallelRequests: 1 }));
    for (let i = 0; i < 3; i += 1) {
      const lease = await limiter.enter(who, toolCall);
      await expect(limiter.enter(who, { kind: 'request' })).rejects.toMatchObject({ code: 'RATE_LIMITED' });
      lease.leave();
    }
    await expect(limiter.enter(who, toolCall)).rejects.toMatchObject({
      details: { data: { limit: 'mcp_calls_per_day' } },
    });
  });

  it('has nothing to do with principals without limits', async () => {
    const limiter = await limiterAt('redis://127.0.0.1:1');
    expect(limiter.enter(principal(), toolCall)).not.toBeInstanceOf(Promise);
  });
});

(redisUrl === undefined ? describe.skip : describe)('limits when Redis goes away under way', () => {
  it.each(['cut', 'freeze'] as const)(
    '%s: opens rates, closes budgets, and heals by itself',
    async (kind) => {
      const road = new Road(new URL(redisUrl ?? ''));
      await road.open();
      closing.push(() => road.cut());
      const limiter = await limiterAt(road.url);
      const rate = principal(level({ rpmLimit: 2 }));
      const budget = principal(level({ maxBudget: 5 }));
      const slots = principal(level({ maxParallelRequests: 1 }));
      for (let i = 0; i < 2; i += 1) await limiter.enter(rate, toolCall);
      await expect(limiter.enter(rate, toolCall)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
      (await limiter.enter(budget, toolCall)).leave({ cost: 1 });
      const held = await limiter.enter(slots, toolCall);

      road[kind]();
      const startedAt = Date.now();
      for (let i = 0; i < 20; i += 1) await limiter.enter(rate, toolCall);
      await expect(limiter.enter(budget, toolCall)).rejects.toMatchObject({ code: 'LIMITER_UNAVAILABLE' });
      await expect(limiter.enter(slots, toolCall)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
      expect(Date.now() - startedAt).toBeLessThan(1_000);
      held.leave();
      (await limiter.enter(slots, toolCall)).leave();

      road.cut();
      await road.open();
      const deadline = Date.now() + 15_000;
      while (!limiter.state.isAvailable && Date.now() < deadline) await pause(50);
      await expect(limiter.enter(rate, toolCall)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
      (await limiter.enter(budget, toolCall)).leave({ cost: 4 });
      await expect(limiter.enter(budget, toolCall)).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' });
    },
  );
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { Global, Module } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import { Test } from '@nestjs/testing';

import { ConfigModule } from '../../src/config/config.module.js';
import type { GatewayConfig } from '../../src/config/gateway-config.js';
import { DatabaseService } from '../../src/database/database.service.js';
import { LimiterService } from '../../src/limits/limiter.service.js';
import { LimitsModule } from '../../src/limits/limits.module.js';
import { UsageQuery } from '../../src/limits/usage-query.store.js';
import { UsageService } from '../../src/limits/usage.service.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { level, principal } from '../unit/limits/support.js';

describe('the limits module', () => {
  let held: TestDatabase;
  let module: TestingModule;

  async function start(config: Partial<GatewayConfig>): Promise<void> {
    held = await createTestDatabase();
    const { database } = held;

    @Global()
    @Module({ providers: [{ provide: DatabaseService, useValue: database }], exports: [DatabaseService] })
    class HeldDatabase {}

    const imports = [ConfigModule.forRoot(config as GatewayConfig), HeldDatabase, LimitsModule];
    module = await Test.createTestingModule({ imports }).compile();
    await module.init();
  }

  afterEach(() => held.close());

  it('writes what is counted up to the last moment of a clean stop', async () => {
    await start({ redisUrl: null });
    const limiter = module.get(LimiterService);
    expect(limiter.state).toMatchObject({ store: 'memory', isAvailable: true });
    const lease = await limiter.enter(principal(level({ mcpCallsPerDay: 5, maxBudget: 5 }, 'team', 't1')), {
      kind: 'tool_call',
    });
    const written: unknown[] = [];
    // Registered last, so it runs when all others have written.
    held.database.beforeClose(async () => {
      const rows = await held.database.prisma.limitCounter.findMany({ orderBy: { limit: 'asc' } });
      written.push(...rows.map(({ limit, used }) => [limit, used]));
      const usage = await module.get(UsageQuery).read({}, ['tool'], { kind: 'all' }, { number: 1, size: 10 });
      written.push(usage.rows.map(({ tool, calls }) => [tool, calls]));
    });
    lease.leave({ cost: 0.5 });
    module.get(UsageService).record(principal(), { upstream: 'github', tool: 'github__search' });
    await module.close();
    expect(written).toEqual([['max_budget', 0.5], ['mcp_calls_per_day', 1], [['github__search', 1]]]);
  });
});

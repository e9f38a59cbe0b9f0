import { Global, Module } from '@nestjs/common';

import { GATEWAY_CONFIG } from '../config/config.module.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { DatabaseService } from '../database/database.service.js';
import { LastingCounters } from './lasting-counters.js';
import { LimitCounterStore } from './limit-counter.store.js';
import type { LimitStore } from './limit-store.js';
import { LimiterService } from './limiter.service.js';
import { MemoryLimits } from './memory-limits.js';
import { RedisLimits } from './redis-limits.js';
import { RedisLink } from './redis-link.js';
import { UsageQuery } from './usage-query.store.js';
import { UsageService } from './usage.service.js';
import { UsageStore } from './usage.store.js';

/** Limits are in Redis when one is configured, so that replicas share them, and in memory otherwise. */
async function createLimiter(
  config: Pick<GatewayConfig, 'redisUrl'>,
  database: DatabaseService,
  counters: LimitCounterStore,
): Promise<LimiterService> {
  const lasting = new LastingCounters(counters);
  database.beforeClose(() => lasting.close());
  const memory = new MemoryLimits(lasting);
  if (config.redisUrl === null) return new LimiterService(memory, lasting);
  const link = new RedisLink(config.redisUrl);
  await link.whenFirstReady();
  const store: LimitStore = new RedisLimits(link, lasting, memory);
  return new LimiterService(store, lasting);
}

@Global()
@Module({
  providers: [
    LimitCounterStore,
    {
      provide: LimiterService,
      useFactory: createLimiter,
      inject: [GATEWAY_CONFIG, DatabaseService, LimitCounterStore],
    },
    UsageStore,
    UsageService,
    UsageQuery,
  ],
  exports: [LimiterService, UsageService, UsageQuery],
})
export class LimitsModule {}

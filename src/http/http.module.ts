import { Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';

import { LOGGER } from '../core/logger-token.js';
import { HotRoutes } from './hot-routes.js';
import { ReadinessService } from './readiness.service.js';

/** What every edge shares, and the program's logger. */
@Module({})
export class HttpModule {
  static register(logger: Logger): DynamicModule {
    return {
      module: HttpModule,
      global: true,
      providers: [{ provide: LOGGER, useValue: logger }, HotRoutes, ReadinessService],
      exports: [LOGGER, HotRoutes, ReadinessService],
    };
  }
}

import { Global, Module } from '@nestjs/common';

import { HotRoutes } from './hot-routes.js';
import { ReadinessService } from './readiness.service.js';

/** What every edge shares. */
@Global()
@Module({ providers: [HotRoutes, ReadinessService], exports: [HotRoutes, ReadinessService] })
export class HttpModule {}

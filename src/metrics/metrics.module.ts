import { Global, Module, RequestMethod, type MiddlewareConsumer, type NestModule } from '@nestjs/common';

import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { OpenMetricsMiddleware } from './open-metrics.middleware.js';

@Global()
@Module({ controllers: [MetricsController], providers: [MetricsService], exports: [MetricsService] })
export class MetricsModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(OpenMetricsMiddleware).forRoutes({ path: 'metrics', method: RequestMethod.GET });
  }
}

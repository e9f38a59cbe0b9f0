import { Injectable, type NestMiddleware } from '@nestjs/common';

import { ConfigService } from '../config/config.service.js';
import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.js';
import { sendMetrics } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';

/**
 * Answers `GET /metrics` before a key is asked for, as long as `general_settings.metrics_public` says so. In front of
 * the guard, because the setting can change under way and a route's `@Public()` cannot.
 */
@Injectable()
export class OpenMetricsMiddleware implements NestMiddleware<GatewayRequest, GatewayResponse> {
  constructor(
    private readonly config: ConfigService,
    private readonly metrics: MetricsService,
  ) {}

  use(request: GatewayRequest, response: GatewayResponse, next: (error?: unknown) => void): void {
    if (this.config.current.metricsPublic) sendMetrics(this.metrics, request, response).catch(next);
    else next();
  }
}

import { Controller, Get, Req, Res } from '@nestjs/common';

import { ConfigService } from '../config/config.service.js';
import { GatewayError } from '../core/errors.js';
import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.js';
import { Public } from '../http/public.decorator.js';
import { baseHeaders } from '../http/send.js';
import { MetricsService } from './metrics.service.js';

/** `GET /metrics` (contract section 5): for administrators and those who watch, or for all when configured so. */
@Controller()
export class MetricsController {
  constructor(
    private readonly metrics: MetricsService,
    private readonly config: ConfigService,
  ) {}

  /** Public for the guard, because the configuration may open it; who may is decided here. */
  @Public()
  @Get('metrics')
  async read(@Req() request: GatewayRequest, @Res() response: GatewayResponse): Promise<void> {
    if (!this.config.current.metricsPublic) requireViewer(request);
    const text = await this.metrics.text();
    response.writeHead(200, baseHeaders(request, this.metrics.contentType));
    response.end(text);
  }
}

function requireViewer({ principal }: GatewayRequest): void {
  if (principal === undefined) throw new GatewayError('MISSING_KEY');
  if (principal.role !== 'proxy_admin' && principal.role !== 'proxy_admin_viewer') {
    throw new GatewayError('FORBIDDEN', { message: 'Metrics are for proxy admins and proxy admin viewers.' });
  }
}

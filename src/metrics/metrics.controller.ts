import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';

import { GatewayError } from '../core/errors.js';
import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.js';
import { baseHeaders } from '../http/send.js';
import { MetricsService } from './metrics.service.js';

/** `GET /metrics` (contract section 5) for proxy administrators and those who may look at everything. */
@ApiTags('metrics')
@Controller()
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  @ApiOperation({ summary: 'Prometheus text; for proxy admins, or for all with metrics_public' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ description: 'Done', schema: { type: 'string' } })
  @Get('metrics')
  read(@Req() request: GatewayRequest, @Res() response: GatewayResponse): Promise<void> {
    const { principal } = request;
    if (principal === undefined) throw new GatewayError('MISSING_KEY');
    if (principal.role !== 'proxy_admin' && principal.role !== 'proxy_admin_viewer') {
      throw new GatewayError('FORBIDDEN', {
        message: 'Metrics are for proxy admins and proxy admin viewers.',
      });
    }
    return sendMetrics(this.metrics, request, response);
  }
}

export async function sendMetrics(
  metrics: MetricsService,
  request: GatewayRequest,
  response: GatewayResponse,
): Promise<void> {
  const text = await metrics.text();
  response.writeHead(200, baseHeaders(request, metrics.contentType));
  response.end(text);
}

import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/audit.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { PermissionsModule } from '../permissions/permissions.module.js';
import { UpstreamRegistryModule } from '../upstream-registry/upstream-registry.module.js';
import { GatewayService } from './gateway.service.js';
import { InFlightCalls } from './in-flight-calls.js';
import { UpstreamEvents } from './upstream-events.service.js';
import { ViewService } from './view.service.js';

/** The one door. */
@Module({
  imports: [AuditModule, LimitsModule, MetricsModule, PermissionsModule, UpstreamRegistryModule],
  providers: [GatewayService, InFlightCalls, UpstreamEvents, ViewService],
  exports: [GatewayService, InFlightCalls, UpstreamEvents, ViewService],
})
export class GatewayModule {}

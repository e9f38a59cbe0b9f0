import { Module, type DynamicModule } from '@nestjs/common';

import { UpstreamRegistryModule } from '../upstream-registry/upstream-registry.module.js';
import { CallLedger } from './call-ledger.service.js';
import { CallRevocation } from './call-revocation.service.js';
import { GATEWAY_OPTIONS, type GatewayOptions } from './gateway-options.js';
import { GatewayService } from './gateway.service.js';
import { InFlightCalls } from './in-flight-calls.js';
import { ToolChangeTrail } from './tool-change-trail.service.js';
import { UpstreamEvents } from './upstream-events.service.js';
import { ViewService } from './view.service.js';

/** The one door. Needs the global modules of permissions, limits, audit and metrics. */
@Module({})
export class GatewayModule {
  static register(options: GatewayOptions): DynamicModule {
    return {
      module: GatewayModule,
      global: true,
      imports: [UpstreamRegistryModule],
      providers: [
        { provide: GATEWAY_OPTIONS, useValue: options },
        CallLedger,
        CallRevocation,
        GatewayService,
        InFlightCalls,
        ToolChangeTrail,
        UpstreamEvents,
        ViewService,
      ],
      exports: [
        CallRevocation,
        GatewayService,
        InFlightCalls,
        UpstreamEvents,
        UpstreamRegistryModule,
        ViewService,
      ],
    };
  }
}

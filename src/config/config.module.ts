import { Module, type DynamicModule } from '@nestjs/common';

import { ConfigService } from './config.service.js';
import type { GatewayConfig } from './gateway-config.js';

/** Injects the snapshot that the gateway started with; for what can change under way ask ConfigService. */
export const GATEWAY_CONFIG = Symbol('GATEWAY_CONFIG');

@Module({})
export class ConfigModule {
  static forRoot(config: GatewayConfig): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [
        { provide: GATEWAY_CONFIG, useValue: config },
        { provide: ConfigService, useFactory: () => new ConfigService(config) },
      ],
      exports: [GATEWAY_CONFIG, ConfigService],
    };
  }
}

import { Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';

import { GATEWAY_CONFIG } from '../config/config.module.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { LOGGER } from '../core/logger-token.js';
import type { DatabaseBackend } from './backend.js';
import { ChangeBus } from './change-bus.js';
import { DatabaseService } from './database.service.js';
import { GatewaySettingsStore } from './gateway-settings.store.js';

/** The connection to the database, what announces changes, and the settings that replicas share. */
@Module({})
export class DatabaseModule {
  /** `backend` is one that is being opened already; left out, the configuration says which it is. */
  static register(backend?: DatabaseBackend): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        {
          provide: DatabaseService,
          inject: [GATEWAY_CONFIG, LOGGER],
          useFactory: (config: Pick<GatewayConfig, 'database'>, logger: Logger) =>
            new DatabaseService(config.database, logger, backend),
        },
        ChangeBus,
        GatewaySettingsStore,
      ],
      exports: [DatabaseService, ChangeBus, GatewaySettingsStore],
    };
  }
}

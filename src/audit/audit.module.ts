import { Global, Module } from '@nestjs/common';
import type { Logger } from 'pino';

import { ConfigService } from '../config/config.service.js';
import { LOGGER } from '../core/logger-token.js';
import { DatabaseService } from '../database/database.service.js';
import { AuditQuery } from './audit-query.service.js';
import { AuditRetention } from './audit-retention.service.js';
import { AuditService } from './audit.service.js';
import { AuditStore } from './audit.store.js';

/** Who did what: written by `AuditService` alone, read through `AuditQuery`. */
@Global()
@Module({
  providers: [
    {
      provide: AuditService,
      inject: [DatabaseService, ConfigService, LOGGER],
      useFactory: (database: DatabaseService, config: ConfigService, logger: Logger) =>
        new AuditService(database, config.current.database.dataDir, () => config.current.audit, logger),
    },
    {
      provide: AuditRetention,
      inject: [DatabaseService, ConfigService, LOGGER],
      useFactory: (database: DatabaseService, config: ConfigService, logger: Logger) =>
        new AuditRetention(database, () => config.current.audit, logger),
    },
    AuditStore,
    AuditQuery,
  ],
  exports: [AuditService, AuditQuery],
})
export class AuditModule {}

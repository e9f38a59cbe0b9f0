import { Global, Module } from '@nestjs/common';
import type { Logger } from 'pino';

import { ConfigService } from '../config/config.service.js';
import { LOGGER } from '../core/logger-token.js';
import { DatabaseService } from '../database/database.service.js';
import { AuditQuery } from './audit-query.service.js';
import { AuditRetention } from './audit-retention.service.js';
import { AuditService } from './audit.service.js';
import { AuditStore } from './audit.store.js';
import { AuditExportSocket } from './export/export-socket.service.js';

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
    {
      provide: AuditExportSocket,
      inject: [DatabaseService, ConfigService, AuditService, AuditQuery, LOGGER],
      useFactory: (
        database: DatabaseService,
        config: ConfigService,
        audit: AuditService,
        query: AuditQuery,
        logger: Logger,
      ) => new AuditExportSocket(database, config.current.database.dataDir, audit, query, logger),
    },
  ],
  exports: [AuditService, AuditQuery],
})
export class AuditModule {}

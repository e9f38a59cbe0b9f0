import { Module } from '@nestjs/common';

import { DatabaseCatalogStore } from './catalog/catalog.store.js';
import { CATALOG_STORE } from './catalog/catalog-store.js';
import { KeyringService } from './stored/keyring.service.js';
import { StoredServerStore } from './stored/stored-server.store.js';
import { StoredServers } from './stored/stored-servers.service.js';
import { UpstreamRegistry } from './upstream-registry.service.js';
import { UpstreamSet } from './upstream-set.service.js';

/** Everything below the one door. Needs the global configuration, database and metrics. */
@Module({
  providers: [
    UpstreamRegistry,
    { provide: CATALOG_STORE, useClass: DatabaseCatalogStore },
    ...[KeyringService, StoredServerStore, StoredServers, UpstreamSet],
  ],
  exports: [UpstreamRegistry, StoredServers, UpstreamSet],
})
export class UpstreamRegistryModule {}

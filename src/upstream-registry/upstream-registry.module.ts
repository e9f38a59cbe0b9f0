import { Module } from '@nestjs/common';

import { DatabaseCatalogStore } from './catalog/catalog.store.js';
import { CATALOG_STORE } from './catalog/catalog-store.js';
import { DatabaseFingerprintStore } from './pinning/fingerprint.store.js';
import { FINGERPRINT_STORE } from './pinning/fingerprint-store.js';
import { ToolPins } from './pinning/tool-pins.service.js';
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
    { provide: FINGERPRINT_STORE, useClass: DatabaseFingerprintStore },
    ToolPins,
    ...[KeyringService, StoredServerStore, StoredServers, UpstreamSet],
  ],
  exports: [UpstreamRegistry, StoredServers, ToolPins, UpstreamSet],
})
export class UpstreamRegistryModule {}

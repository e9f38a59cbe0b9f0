import { Module } from '@nestjs/common';

import { DatabaseCatalogStore } from './catalog/catalog.store.js';
import { CATALOG_STORE } from './catalog/catalog-store.js';
import { UpstreamRegistry } from './upstream-registry.service.js';

/** Everything below the one door. Needs the global configuration and database. */
@Module({
  providers: [UpstreamRegistry, { provide: CATALOG_STORE, useClass: DatabaseCatalogStore }],
  exports: [UpstreamRegistry],
})
export class UpstreamRegistryModule {}

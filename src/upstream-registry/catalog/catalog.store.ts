import { Injectable } from '@nestjs/common';

import type { UpstreamCatalog } from '../../core/catalog.js';
import { DatabaseService } from '../../database/database.service.js';
import type { CatalogStore, StoredCatalog } from './catalog-store.js';

/** How long a reading waits for a database that is not there. */
const patienceMs = 1_000;

/** The catalogs in the database, as JSON text: definitions come back byte for byte. */
@Injectable()
export class DatabaseCatalogStore implements CatalogStore {
  constructor(private readonly database: DatabaseService) {}

  async load(): Promise<readonly StoredCatalog[]> {
    // At a start nothing is read sooner: clients list tools as soon as the database knows their keys.
    await this.database.whenReady(patienceMs);
    const rows = await this.database.run((prisma) => prisma.upstreamCatalogSnapshot.findMany());
    return rows.map(({ catalog, configFingerprint, readAt }) => ({
      catalog: { ...parsed(catalog), readAt },
      fingerprint: configFingerprint,
    }));
  }

  async save({ catalog, fingerprint }: StoredCatalog): Promise<void> {
    const { upstream, readAt } = catalog;
    const row = { catalog: JSON.stringify(catalog), configFingerprint: fingerprint, readAt };
    await this.database.run((prisma) =>
      prisma.upstreamCatalogSnapshot.upsert({
        where: { upstream },
        create: { upstream, ...row },
        update: row,
      }),
    );
  }
}

/** Dates are texts in JSON. */
function parsed(json: string): UpstreamCatalog {
  const { conditionsReadAt, ...catalog } = JSON.parse(json) as UpstreamCatalog;
  return conditionsReadAt === undefined
    ? catalog
    : { ...catalog, conditionsReadAt: new Date(conditionsReadAt) };
}

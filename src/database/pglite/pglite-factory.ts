import type { PGlite } from '@electric-sql/pglite';
import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { PrismaPGlite } from 'pglite-prisma-adapter';

import { runScript } from '../run-script.js';

/**
 * Prisma's adapter over PGlite. The library's `executeScript` does not wait for the script, so that a failing migration
 * would pass for applied; this one does.
 */
export function pgliteFactory(database: PGlite): SqlMigrationAwareDriverAdapterFactory {
  const factory = new PrismaPGlite(database);
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => withAwaitedScripts(await factory.connect(), database),
    connectToShadowDb: async () => {
      const { PGlite: Database } = await import('@electric-sql/pglite');
      const shadow = await Database.create();
      const adapter = withAwaitedScripts(await new PrismaPGlite(shadow).connect(), shadow);
      adapter.dispose = () => shadow.close();
      return adapter;
    },
  };
}

function withAwaitedScripts(adapter: SqlDriverAdapter, database: PGlite): SqlDriverAdapter {
  adapter.executeScript = (script) => runScript(() => database.exec(script));
  return adapter;
}

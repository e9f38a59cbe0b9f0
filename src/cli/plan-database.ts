import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { pino } from 'pino';

import type { DefaultAccess } from '../auth/auth-options.js';
import { KeyLookupStore } from '../auth/key-lookup.store.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { DatabaseService } from '../database/database.service.js';
import { toolsetsByName } from '../permissions/toolset.js';
import { ToolsetStore } from '../permissions/toolset.store.js';
import { DatabaseCatalogStore } from '../upstream-registry/catalog/catalog.store.js';
import { toolChanges, type KnownState, type PolicyKeys } from './plan-tools.js';

const databaseWithinMs = 15_000;
const pageSize = 1_000;

/** What would become of tools, by what the database of the current configuration knows; no lines where there is none. */
export async function planTools(current: GatewayConfig, next: GatewayConfig): Promise<readonly string[]> {
  const { url, dataDir } = current.database;
  if (url === null && !(await isThere(join(dataDir, 'postgres')))) return [];
  try {
    return toolChanges(current, next, await knownState(current));
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'unknown error';
    return [`? tools and keys cannot be compared: ${reason}`];
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

export async function readKnownState(
  database: DatabaseService,
  defaultAccess: DefaultAccess,
): Promise<KnownState> {
  return {
    catalogs: await new DatabaseCatalogStore(database).load(),
    toolsets: toolsetsByName(await new ToolsetStore(database).all()),
    keys: await policiesOf(new KeyLookupStore(database, defaultAccess)),
  };
}

async function knownState({ database: config, mcp }: GatewayConfig): Promise<KnownState> {
  const database = new DatabaseService(config, pino({ level: 'silent' }));
  await database.onModuleInit();
  try {
    if (!(await database.whenReady(databaseWithinMs)))
      throw new Error(`the database is unavailable: ${database.failure ?? 'it does not answer'}`);
    return await readKnownState(database, mcp.defaultAccess);
  } finally {
    await database.close();
  }
}

/** Keys of one policy decide alike: there are few policies, however many keys. */
async function policiesOf(store: KeyLookupStore): Promise<readonly PolicyKeys[]> {
  const byPolicy = new Map<string, PolicyKeys & { readonly names: string[] }>();
  let after = '';
  for (;;) {
    const page = await store.page(after, pageSize);
    for (const { principal } of page) {
      const { policy, keyAlias, keyId } = principal;
      const keys = byPolicy.get(policy.fingerprint) ?? { policy, names: [] };
      keys.names.push(keyAlias ?? keyId);
      byPolicy.set(policy.fingerprint, keys);
    }
    after = page.at(-1)?.hash ?? '';
    if (page.length < pageSize) return [...byPolicy.values()];
  }
}

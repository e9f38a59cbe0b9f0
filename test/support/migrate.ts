import { pino } from 'pino';

import { Secret } from '../../src/core/secret.js';
import { DatabaseService } from '../../src/database/database.service.js';

/** Brings the schema into an empty database. */
export async function migrate(url: string): Promise<void> {
  const database = new DatabaseService({ url: new Secret(url), dataDir: '' }, pino({ level: 'silent' }));
  await database.onModuleInit();
  const isReady = await database.whenReady(30_000);
  const { failure } = database;
  await database.close();
  if (!isReady) throw new Error(`The test database is not ready: ${failure ?? ''}`);
}

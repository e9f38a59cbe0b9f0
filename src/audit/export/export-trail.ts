import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

import { pino } from 'pino';

import type { DatabaseConfig } from '../../config/gateway-config.js';
import { DatabaseService } from '../../database/database.service.js';
import { AuditQuery } from '../audit-query.service.js';
import { AuditSpill } from '../audit-spill.js';
import { AuditWriter } from '../audit-writer.js';
import { AuditStore } from '../audit.store.js';
import { serverPace, WritingPace } from '../writing-pace.js';
import { endOfExport, exportAddress } from './export-address.js';

const databaseWithinMs = 15_000;

/**
 * Every audit row since that moment as JSON lines, oldest first: from the database, or, where it is embedded and its
 * gateway runs, from that gateway. Rejects with a message of one line.
 */
export async function exportTrail(config: DatabaseConfig, since: Date, output: Writable): Promise<void> {
  const gateway = config.url === null ? await connect(exportAddress(config.dataDir)) : null;
  if (gateway !== null) {
    await exportRunning(gateway, since, output);
    return;
  }
  // A new database would have nothing to say.
  if (config.url === null && !(await isThere(join(config.dataDir, 'postgres')))) {
    throw new Error(
      `there is no database in ${config.dataDir}; name it with TOOLGATE_DATA_DIR or DATABASE_URL`,
    );
  }
  await exportDatabase(config, since, output);
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function exportDatabase(config: DatabaseConfig, since: Date, output: Writable): Promise<void> {
  const logger = pino({ level: 'silent' });
  const database = new DatabaseService(config, logger);
  await database.onModuleInit();
  try {
    if (!(await database.whenReady(databaseWithinMs))) {
      throw new Error(`the database is unavailable: ${database.failure ?? 'it does not answer'}`);
    }
    const store = new AuditStore(database);
    // What waited for the database when the gateway ended.
    await new AuditWriter(
      store,
      new AuditSpill(config.dataDir),
      new WritingPace(serverPace),
      logger,
    ).replay();
    await new AuditQuery(store).exportJsonLines(since, output);
  } finally {
    await database.close();
  }
}

/** null when no gateway runs there. */
async function connect(address: string): Promise<Socket | null> {
  const socket = createConnection(address);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return null;
  }
}

async function exportRunning(gateway: Socket, since: Date, output: Writable): Promise<void> {
  gateway.write(`${since.toISOString()}\n`);
  // One character is held back, because the last one is no part of the export but says that it is whole.
  let held = '';
  let isAtLineStart = true;
  gateway.setEncoding('utf8');
  for await (const chunk of gateway as AsyncIterable<string>) {
    const text = held + chunk;
    held = text.slice(-1);
    const passed = text.slice(0, -1);
    if (passed === '') continue;
    isAtLineStart = passed.endsWith('\n');
    if (!output.write(passed)) await once(output, 'drain');
  }
  if (held !== endOfExport || !isAtLineStart)
    throw new Error('the gateway stopped in the middle of the export');
}

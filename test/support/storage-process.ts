// A process with the database and audit rooms and nothing else, to be killed by a test.
// Arguments: data folder, Postgres URL or "". Prints one JSON line for each event.
import { pino } from 'pino';

import { AuditService } from '../../src/audit/audit.service.js';
import { Secret } from '../../src/core/secret.js';
import { DatabaseService } from '../../src/database/database.service.js';

const [dataDir = '', url = ''] = process.argv.slice(2);
const say = (event: object): boolean => process.stdout.write(`${JSON.stringify(event)}\n`);
const logger = pino({ level: 'silent' });
const database = new DatabaseService({ url: url === '' ? null : new Secret(url), dataDir }, logger);
const settings = { logArguments: false, retentionDays: 0 };
const audit = new AuditService(database, dataDir, () => settings, logger);

await database.onModuleInit().catch((error: unknown) => {
  say({ error: (error as Error).message });
  process.exit(2);
});
await database.whenReady(60_000);
say({ ready: true });

process.once('SIGTERM', () => {
  // As the gateway does: what is recorded ends before the database closes.
  clearInterval(recording);
  void database.close().then(() => process.exit(0));
});

let recorded = 0;
const recording = setInterval(() => {
  const at = new Date();
  recorded += 1;
  audit.record({
    at,
    requestId: String(recorded),
    keyId: 'key',
    userId: null,
    teamId: null,
    organizationId: null,
    sessionId: null,
    method: 'tools/call',
    tool: 'demo__add',
    upstream: 'demo',
    decision: 'allowed',
    outcome: 'success',
    errorCode: null,
    durationMs: 1,
    upstreamDurationMs: 1,
    requestBytes: 1,
    responseBytes: 1,
  });
  say({ recorded, at: at.getTime() });
}, 2);

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { PGlite } from '@electric-sql/pglite';
import { dataDir as preparedFolder } from '@electric-sql/pglite-prepopulatedfs';
import { pino } from 'pino';
import type { Logger } from 'pino';

import { Secret } from '../../src/core/secret.js';
import type { DatabaseKind } from '../../src/database/backend.js';
import { DatabaseService } from '../../src/database/database.service.js';
import { applyMigrations, readMigrations } from '../../src/database/migrations.js';
import { PgliteBackend } from '../../src/database/pglite/pglite-backend.js';
import { pgliteFactory } from '../../src/database/pglite/pglite-factory.js';
import { createMigratedPostgres, postgresUrl } from './postgres.js';

export { createEmptyPostgres, postgresUrl, type PostgresDatabase } from './postgres.js';

/** A database of its own for one suite, with the schema and no rows. */
export interface TestDatabase {
  readonly kind: DatabaseKind;
  readonly database: DatabaseService;
  /** Postgres only: where it is, to connect as another replica; null for PGlite. */
  readonly url: string | null;
  /** Empties every table, for the next test of the suite. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export interface TestDatabaseKind {
  readonly kind: DatabaseKind;
  readonly create: (logger?: Logger) => Promise<TestDatabase>;
}

export const silent = pino({ level: 'silent' });

/**
 * What a suite of a store runs on: `describe.each(testDatabases)('on $kind', ({ create }) => ...)`.
 * PGlite, and Postgres when TEST_DATABASE_URL names one.
 */
export const testDatabases: readonly TestDatabaseKind[] = [
  { kind: 'pglite', create: createPglite },
  ...(postgresUrl === null ? [] : [{ kind: 'postgres' as const, create: createPostgres }]),
];

/** One database: Postgres when TEST_DATABASE_URL names one, else PGlite in memory. */
export function createTestDatabase(logger: Logger = silent): Promise<TestDatabase> {
  return postgresUrl === null ? createPglite(logger) : createPostgres(logger);
}

async function createPglite(logger: Logger = silent): Promise<TestDatabase> {
  const backend = new PgliteBackend({ dataDir: null, template: await pgliteTemplate() });
  const database = new DatabaseService({ url: null, dataDir: '' }, logger, backend);
  return start({ kind: 'pglite', database, url: null, drop: () => Promise.resolve() });
}

async function createPostgres(logger: Logger = silent): Promise<TestDatabase> {
  const { url, drop } = await createMigratedPostgres();
  const database = new DatabaseService({ url: new Secret(url), dataDir: '' }, logger);
  return start({ kind: 'postgres', database, url, drop });
}

/** Deletes where `truncate` would make new files; without the foreign keys, so that their order does not matter. */
const emptyTables = `do $$
  declare name text;
  begin
    set local session_replication_role = replica;
    for name in select quote_ident(tablename) from pg_tables
      where schemaname = current_schema() and tablename <> '_prisma_migrations'
    loop
      execute 'delete from ' || name;
    end loop;
  end $$`;

async function start(parts: {
  kind: DatabaseKind;
  database: DatabaseService;
  url: string | null;
  drop: () => Promise<unknown>;
}): Promise<TestDatabase> {
  const { kind, database, url, drop } = parts;
  await database.onModuleInit();
  if (!(await database.whenReady(30_000)))
    throw new Error(`The test database is not ready: ${database.failure ?? ''}`);
  return {
    kind,
    database,
    url,
    clear: () =>
      database.run(async (prisma) => {
        await prisma.$executeRawUnsafe(emptyTables);
      }),
    close: async () => {
      await database.close();
      await drop();
    },
  };
}

/** Data folder with the schema in it, kept between runs: unpacking it takes a second, making it several. */
async function pgliteTemplate(): Promise<Uint8Array> {
  const folder = new URL('../../node_modules/.cache/toolgate/', import.meta.url);
  const file = new URL(`pglite-${await fingerprint(pgliteVersion())}.tar`, folder);
  const kept = await readFile(file).catch(() => null);
  if (kept !== null) return kept;
  const database = await PGlite.create({ loadDataDir: await preparedFolder() });
  await applyMigrations(pgliteFactory(database), await readMigrations(), (work) => work());
  const bytes = Buffer.from(await (await database.dumpDataDir('none')).arrayBuffer());
  await database.close();
  await mkdir(folder, { recursive: true });
  const temporary = new URL(`${randomUUID()}.tmp`, folder);
  await writeFile(temporary, bytes);
  await rename(temporary, file);
  return bytes;
}

async function fingerprint(version: string): Promise<string> {
  const migrations = await readMigrations();
  const text = migrations.map(({ checksum }) => checksum).join() + version;
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function pgliteVersion(): string {
  const require = createRequire(import.meta.url);
  const { version } = require('../../node_modules/@electric-sql/pglite/package.json') as { version: string };
  return version;
}

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { PGlite } from '@electric-sql/pglite';
import { dataDir as preparedFolder } from '@electric-sql/pglite-prepopulatedfs';
import pg from 'pg';
import { pino } from 'pino';
import type { Logger } from 'pino';

import { Secret } from '../../src/core/secret.js';
import type { DatabaseKind } from '../../src/database/backend.js';
import { DatabaseService } from '../../src/database/database.service.js';
import { applyMigrations, readMigrations } from '../../src/database/migrations.js';
import { PgliteBackend } from '../../src/database/pglite/pglite-backend.js';
import { pgliteFactory } from '../../src/database/pglite/pglite-factory.js';

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

/** Set: an address whose role may create databases, e.g. postgres://postgres@127.0.0.1:5432/postgres. */
export const postgresUrl = process.env['TEST_DATABASE_URL'] ?? null;

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
  const name = `toolgate_test_${randomUUID().replaceAll('-', '')}`;
  await asAdministrator(async (client) => {
    await client.query(`create database ${name} template ${await postgresTemplate(client)}`);
  });
  const url = addressOf(name);
  const database = new DatabaseService({ url: new Secret(url), dataDir: '' }, logger);
  const drop = () => asAdministrator((client) => client.query(`drop database ${name} with (force)`));
  return start({ kind: 'postgres', database, url, drop });
}

export interface EmptyPostgres {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

/** An empty Postgres database without a schema, for tests of the start itself. */
export async function createEmptyPostgres(): Promise<EmptyPostgres> {
  const name = `toolgate_test_${randomUUID().replaceAll('-', '')}`;
  await asAdministrator((client) => client.query(`create database ${name}`));
  return {
    url: addressOf(name),
    drop: () =>
      asAdministrator(async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
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

async function postgresTemplate(client: pg.Client): Promise<string> {
  const name = `toolgate_template_${await fingerprint('')}`;
  // Suites that start at once make it once.
  await client.query('select pg_advisory_lock(4711)');
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) {
      const draft = `${name}_draft`;
      await client.query(`drop database if exists ${draft} with (force)`);
      await client.query(`create database ${draft}`);
      const database = new DatabaseService({ url: new Secret(addressOf(draft)), dataDir: '' }, silent);
      await database.onModuleInit();
      const isReady = await database.whenReady(30_000);
      const { failure } = database;
      await database.close();
      if (!isReady) throw new Error(`The test database is not ready: ${failure ?? ''}`);
      await client.query(`alter database ${draft} rename to ${name}`);
    }
    return name;
  } finally {
    await client.query('select pg_advisory_unlock(4711)');
  }
}

async function asAdministrator<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: postgresUrl ?? '' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function addressOf(name: string): string {
  const url = new URL(postgresUrl ?? '');
  url.pathname = `/${name}`;
  return url.href;
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

import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

import pg from 'pg';

/** Set: an address whose role may create databases, e.g. postgres://postgres@127.0.0.1:5432/postgres. */
export const postgresUrl = process.env['TEST_DATABASE_URL'] ?? null;

export interface PostgresDatabase {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

/**
 * A database for a whole gateway: one on Postgres when TEST_DATABASE_URL names it, which is there in a tenth of the time
 * that the embedded one takes; null: the embedded one.
 */
export async function gatewayDatabase(): Promise<PostgresDatabase | null> {
  return postgresUrl === null ? null : createMigratedPostgres();
}

/** An empty Postgres database without a schema, for tests of the start itself. */
export function createEmptyPostgres(): Promise<PostgresDatabase> {
  return createDatabase(() => Promise.resolve('template1'));
}

/** One with the schema and no rows. */
export function createMigratedPostgres(): Promise<PostgresDatabase> {
  return createDatabase(postgresTemplate);
}

async function createDatabase(template: (client: pg.Client) => Promise<string>): Promise<PostgresDatabase> {
  const name = `toolgate_test_${randomUUID().replaceAll('-', '')}`;
  await asAdministrator(async (client) => {
    await client.query(`create database ${name} template ${await template(client)}`);
  });
  return {
    url: addressOf(name),
    drop: () =>
      asAdministrator(async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

/** The name of a database with the schema, made once for all suites. */
async function postgresTemplate(client: pg.Client): Promise<string> {
  const name = `toolgate_template_${await migrationsHash()}`;
  // Suites that start at once make it once.
  await client.query('select pg_advisory_lock(4711)');
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) {
      const draft = `${name}_draft`;
      await client.query(`drop database if exists ${draft} with (force)`);
      await client.query(`create database ${draft}`);
      // Here only: most suites find the template, and are spared loading the database room.
      const { migrate } = await import('./migrate.js');
      await migrate(addressOf(draft));
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

async function migrationsHash(): Promise<string> {
  const folder = new URL('../../prisma/migrations/', import.meta.url);
  const hash = createHash('sha256');
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    if (name.endsWith('.sql')) hash.update(await readFile(new URL(name, folder)));
  }
  return hash.digest('hex').slice(0, 16);
}

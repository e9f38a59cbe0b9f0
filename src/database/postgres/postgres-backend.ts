import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import type { Client, ClientBase, ClientConfig, Pool, PoolClient } from 'pg';

import type { Secret } from '../../core/secret.js';
import type { DatabaseBackend, DatabaseSession } from '../backend.js';
import { runScript } from '../run-script.js';
import type { PrismaClient } from '../generated/client.js';
import { parsePostgresUrl } from './postgres-url.js';
import type { PostgresAddress } from './postgres-url.js';
import { PostgresWatch } from './postgres-watch.js';

/** Any constant that nothing else in the database locks: "toolgate" read as a number. */
const migrationLockId = 1_869_573_735;

/** A statement that nobody waits for any more ends by itself. */
const statementTimeoutMs = 30_000;

const endWithinMs = 1_000;

/** A Postgres server: for each session a pool for statements, and one connection that watches. */
export class PostgresBackend implements DatabaseBackend {
  readonly kind = 'postgres';
  /** Nobody waits longer than a second for a database that is away. */
  readonly defaultTimeoutMs = 900;
  #address: PostgresAddress | null = null;

  /** @param origin who announces changes, so that a replica knows its own. */
  constructor(
    private readonly url: Secret,
    private readonly origin: string,
  ) {}

  prepare(): Promise<void> {
    this.#address = parsePostgresUrl(this.url.reveal());
    return Promise.resolve();
  }

  async connect(): Promise<DatabaseSession> {
    const address = (this.#address ??= parsePostgresUrl(this.url.reveal()));
    const watch = await PostgresWatch.connect(clientConfig(address), (client) => settle(client, address));
    const { prisma, pool, end } = await openPool(address);
    let closing: Promise<unknown> | undefined;
    return {
      prisma,
      execute: (sql, text) => pool.query(sql, [text]),
      migrations: {
        open: () => migrationFactory(address),
        lock: (work) => watch.locked(migrationLockId, work),
      },
      watch: (onChange) => watch.listen(this.origin, onChange),
      suspect: () => void watch.probe(),
      lost: watch.lost,
      close: async () => {
        await (closing ??= Promise.all([watch.close(), end()]));
      },
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function clientConfig(address: PostgresAddress): ClientConfig {
  return { connectionString: address.connectionString, application_name: 'toolgate', keepAlive: true };
}

async function openPool(
  address: PostgresAddress,
): Promise<{ prisma: PrismaClient; pool: Pool; end: () => Promise<void> }> {
  const [{ default: pg }, { PrismaPg }, { PrismaClient }] = await Promise.all([
    import('pg'),
    import('@prisma/adapter-pg'),
    import('../generated/client.js'),
  ]);
  const pool = new pg.Pool({
    ...clientConfig(address),
    max: address.poolSize,
    // Also how long a statement waits for a free connection.
    connectionTimeoutMillis: 900,
    onConnect: (client: ClientBase): unknown => settle(client, address),
  });
  // A connection that breaks while idle is replaced by the pool; unheard, the event would end the process.
  pool.on('error', () => undefined);
  const busy = new Set<PoolClient>();
  pool.on('acquire', (client) => busy.add(client));
  pool.on('release', (_, client) => busy.delete(client));
  const adapter = new PrismaPg(pool, address.schema === null ? {} : { schema: address.schema });
  const prisma = new PrismaClient({ adapter, transactionOptions: { maxWait: 900, timeout: 5_000 } });
  return { prisma, pool, end: () => endPool(pool, busy) };
}

/** Statements under way may finish; those that hang on a server that is gone are cut off. */
async function endPool(pool: Pool, busy: ReadonlySet<ClientBase>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const cutOff = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      for (const client of busy) void (client as Client).end();
      resolve();
    }, endWithinMs);
  });
  await Promise.race([pool.end(), cutOff]);
  clearTimeout(timer);
}

/**
 * Prisma's adapter writes and reads times as UTC without saying so, hence the time zone. By statement and not as start
 * parameters, which connection poolers refuse.
 */
async function settle(client: ClientBase, address: PostgresAddress): Promise<void> {
  await client.query(
    `select set_config('TimeZone', 'UTC', false), set_config('statement_timeout', $1, false),
       set_config('search_path', coalesce($2, current_setting('search_path')), false)`,
    [String(statementTimeoutMs), address.schema === null ? null : quoteIdentifier(address.schema)],
  );
}

/**
 * Connections of their own for the engine, without the limits of the pool. The library's `executeScript` cuts a script at
 * every semicolon and runs the pieces one by one; here a script is one transaction: all of it or nothing.
 */
async function migrationFactory(address: PostgresAddress): Promise<SqlMigrationAwareDriverAdapterFactory> {
  const [{ default: pg }, { PrismaPg }] = await Promise.all([import('pg'), import('@prisma/adapter-pg')]);
  const options = address.schema === null ? {} : { schema: address.schema };
  const pool = new pg.Pool({
    ...clientConfig(address),
    max: 2,
    connectionTimeoutMillis: 5_000,
    onConnect: (client: ClientBase): unknown => useSchema(client, address.schema),
  });
  pool.on('error', () => undefined);
  const adapter = await new PrismaPg(pool, options).connect();
  adapter.executeScript = (script) => runScript(() => pool.query(script));
  adapter.dispose = () => pool.end();
  return {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    // The engine connects as well and never says goodbye, so there is one adapter for all who ask.
    connect: () => Promise.resolve(adapter),
    connectToShadowDb: () => Promise.reject(new Error('Migrations are applied without a shadow database')),
  };
}

/** Made when it is not there; asked first, because `create schema if not exists` wants the right to make one. */
async function useSchema(client: ClientBase, schema: string | null): Promise<void> {
  if (schema === null) return;
  const { rowCount } = await client.query('select 1 from pg_namespace where nspname = $1', [schema]);
  if (rowCount === 0) await client.query(`create schema if not exists ${quoteIdentifier(schema)}`);
  await client.query(`set search_path to ${quoteIdentifier(schema)}`);
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

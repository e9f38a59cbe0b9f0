import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { SqlDriverAdapter, SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';

import { loadSchemaEngine } from './schema-engine.js';

/** The same place seen from `src/database` and from `dist/database`. */
const defaultFolder = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the script, as `_prisma_migrations` has it. */
  readonly checksum: string;
}

/** What the engine wants to know of the folder. */
interface MigrationList {
  baseDir: string;
  lockfile: { path: string; content: string };
  shadowDbInitScript: string;
  migrationDirectories: {
    path: string;
    migrationFile: { path: string; content: { tag: 'ok'; value: string } };
  }[];
}

export interface MigrationOutcome {
  readonly applied: readonly string[];
  /** Applied once, changed in the folder since: never applied again, worth a warning. */
  readonly edited: readonly string[];
}

/** Runs its work while no other replica runs such work on the same database. */
export type MigrationLock = <T>(work: () => Promise<T>) => Promise<T>;

/** Forward-only SQL scripts, one folder each, in the order of their names. */
export async function readMigrations(folder = defaultFolder): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Brings the database to the schema this program was built with, and writes the ordinary `_prisma_migrations` table, so
 * that `prisma migrate deploy` agrees. One cheap query when nothing is pending. Migrations that the database has and the
 * folder lacks are left alone: a newer replica made them.
 */
export async function applyMigrations(
  factory: SqlMigrationAwareDriverAdapterFactory,
  migrations: readonly Migration[],
  lock: MigrationLock,
): Promise<MigrationOutcome> {
  const adapter = await factory.connect();
  try {
    const before = compare(migrations, await readApplied(adapter));
    if (before.pending.length === 0) return { applied: [], edited: before.edited };
    return await lock(async () => {
      const { pending, edited, failed } = compare(migrations, await readApplied(adapter));
      if (pending.length === 0) return { applied: [], edited };
      const engine = await loadSchemaEngine(factory);
      try {
        const migrationsList = listFor(migrations);
        const filters = { externalTables: [], externalEnums: [] };
        // A script runs in one transaction: one that has no end in the table left nothing behind and is run again.
        for (const migrationName of failed) await engine.markMigrationRolledBack({ migrationName });
        const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters });
        return { applied: appliedMigrationNames, edited };
      } finally {
        engine.free();
      }
    });
  } finally {
    await adapter.dispose();
  }
}

export function listFor(migrations: readonly Migration[]): MigrationList {
  return {
    baseDir: 'prisma/migrations',
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  };
}

interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

async function readApplied(adapter: SqlDriverAdapter): Promise<AppliedMigration[]> {
  const ask = (sql: string) => adapter.queryRaw({ sql, args: [], argTypes: [] });
  const known = await ask(`select to_regclass('_prisma_migrations') is not null`);
  if (known.rows[0]?.[0] !== true) return [];
  const { rows } = await ask(
    'select migration_name, checksum, finished_at is not null from _prisma_migrations where rolled_back_at is null',
  );
  return rows.map(([name, checksum, finished]) => ({
    name: String(name),
    checksum: String(checksum),
    finished: finished === true,
  }));
}

function compare(
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): { pending: Migration[]; edited: string[]; failed: string[] } {
  const finished = new Map(applied.filter((row) => row.finished).map((row) => [row.name, row.checksum]));
  const failed = applied.filter((row) => !row.finished && !finished.has(row.name)).map((row) => row.name);
  return {
    pending: migrations.filter(({ name }) => !finished.has(name)),
    edited: migrations
      .filter(({ name, checksum }) => finished.has(name) && finished.get(name) !== checksum)
      .map(({ name }) => name),
    failed: [...new Set(failed)],
  };
}

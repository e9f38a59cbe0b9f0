import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';

import type { Change } from '../core/change.js';
import type { PrismaClient } from './generated/client.js';
import type { MigrationLock } from './migrations.js';

export type DatabaseKind = 'postgres' | 'pglite';

/** Where the rows are: a Postgres server, or PGlite in the data folder. */
export interface DatabaseBackend {
  readonly kind: DatabaseKind;
  /** How long a caller waits for an answer when it does not say, milliseconds. */
  readonly defaultTimeoutMs: number;
  /** Once, before the first attempt: what cannot work at all throws a `DatabaseStartError`. */
  prepare(): Promise<void>;
  /** One attempt; resolves when statements can be run. */
  connect(): Promise<DatabaseSession>;
  close(): Promise<void>;
}

/** From one successful attempt to connect until the connection is lost. */
export interface DatabaseSession {
  readonly prisma: PrismaClient;
  /** One statement with one text as its parameter, past Prisma. */
  execute(sql: string, text: string): Promise<unknown>;
  readonly migrations: {
    /** A connection of their own; the adapter that the factory gives is disposed of in the end. */
    readonly open: () => Promise<SqlMigrationAwareDriverAdapterFactory>;
    readonly lock: MigrationLock;
  };
  /** Called once, when the schema is there. */
  watch(onChange: (change: Change) => void): Promise<void>;
  /** Somebody could not reach the database: look at once. */
  suspect(): void;
  /** Settles when the database cannot be reached any more. Never rejects. */
  readonly lost: Promise<Error>;
  close(): Promise<void>;
}

/** The database cannot be used as it is configured; the message is one line for the person who starts the gateway. */
export class DatabaseStartError extends Error {
  override readonly name = 'DatabaseStartError';
}

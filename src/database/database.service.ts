import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';

import type { DatabaseConfig } from '../config/gateway-config.js';
import type { Change } from '../core/change.js';
import type { DatabaseBackend, DatabaseKind, DatabaseSession } from './backend.js';
import type { PrismaClient } from './generated/client.js';
import { applyMigrations, readMigrations } from './migrations.js';
import { PgliteBackend } from './pglite/pglite-backend.js';
import { PostgresBackend } from './postgres/postgres-backend.js';
import { databaseUnavailable, isUnavailable } from './unavailable.js';

/** `connecting` until the first success, `down` while an attempt to reach it fails. */
export type DatabaseState = 'connecting' | 'ready' | 'down';

const firstDelayMs = 100;
const longestDelayMs = 2_000;
/** While it stays away, the log says so this often. */
const remindEveryMs = 30_000;

/**
 * Owns the connection to the database: opens it, brings the schema up to date, notices that it is lost and heals it.
 * A database that is away never ends the process and never holds anybody up: `run` says so at once.
 */
@Injectable()
export class DatabaseService implements OnModuleInit, OnApplicationShutdown {
  /** Names this process among the replicas that share a database. */
  readonly replicaId = randomUUID();
  readonly #backend: DatabaseBackend;
  readonly #stop = new AbortController();
  readonly #readyListeners = new Set<() => void>();
  readonly #changeListeners = new Set<(change: Change) => void>();
  readonly #beforeClose: (() => Promise<void>)[] = [];
  #state: DatabaseState = 'connecting';
  #session: DatabaseSession | null = null;
  #failure: string | null = null;
  #saidAt = 0;
  #keeper: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  constructor(
    config: DatabaseConfig,
    private readonly logger: Logger,
    backend?: DatabaseBackend,
  ) {
    this.#backend =
      backend ??
      (config.url === null
        ? new PgliteBackend({ dataDir: config.dataDir, template: null })
        : new PostgresBackend(config.url, this.replicaId));
  }

  get kind(): DatabaseKind {
    return this.#backend.kind;
  }

  get state(): DatabaseState {
    return this.#state;
  }

  /** Why the database is not ready, in one line for an administrator's eyes; null when it is. */
  get failure(): string | null {
    return this.#failure;
  }

  /** For a store that wants the client itself; `run` is the way that keeps the promise of one second. */
  get prisma(): PrismaClient {
    return this.#ready().prisma;
  }

  /**
   * Runs statements. Fails with DATABASE_UNAVAILABLE at once when the database is known to be away, and within the
   * time limit (1 s for Postgres) when it turns out to be; every other error passes as it is.
   */
  async run<T>(work: (prisma: PrismaClient) => Promise<T>, options: { timeoutMs?: number } = {}): Promise<T> {
    return this.#within(work(this.prisma), options.timeoutMs);
  }

  /**
   * Runs one statement whose only parameter is a text, however long, and whose rows nobody reads: Prisma's engine would
   * copy the text several times. Fails like `run`.
   */
  async execute(sql: string, text: string, options: { timeoutMs?: number } = {}): Promise<void> {
    await this.#within(this.#ready().execute(sql, text), options.timeoutMs);
  }

  async #within<T>(work: Promise<T>, timeoutMs = this.#backend.defaultTimeoutMs): Promise<T> {
    try {
      return await withinTime(work, timeoutMs);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.#session?.suspect();
      throw databaseUnavailable(error);
    }
  }

  /** Resolves when the database is ready, to false when it is not within the time. */
  whenReady(timeoutMs: number): Promise<boolean> {
    if (this.#state === 'ready') return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(false), timeoutMs);
      const stopListening = this.onReady(() => done(true));
      const done = (isReady: boolean): void => {
        clearTimeout(timer);
        stopListening();
        resolve(isReady);
      };
    });
  }

  /** Called each time the database becomes ready: at the start, and after every outage. */
  onReady(listener: () => void): () => void {
    this.#readyListeners.add(listener);
    return () => void this.#readyListeners.delete(listener);
  }

  /** Changes that other replicas announced; `everything` after an outage. `ChangeBus` is what the other rooms use. */
  onRemoteChange(listener: (change: Change) => void): () => void {
    this.#changeListeners.add(listener);
    return () => void this.#changeListeners.delete(listener);
  }

  /** Last work before the connection closes: what is still in memory is written here. */
  beforeClose(work: () => Promise<void>): void {
    this.#beforeClose.push(work);
  }

  /** @throws DatabaseStartError when the configuration cannot work. A database that is merely away is waited for. */
  async onModuleInit(): Promise<void> {
    if (this.#keeper !== null) return;
    await this.#backend.prepare();
    this.#keeper = this.#keep();
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    for (const work of this.#beforeClose) {
      await work().catch((error: unknown) =>
        this.logger.error({ err: error }, 'could not finish before the end'),
      );
    }
    this.#stop.abort();
    await this.#keeper;
    await this.#backend.close();
  }

  #ready(): DatabaseSession {
    if (this.#state !== 'ready' || this.#session === null) throw databaseUnavailable();
    return this.#session;
  }

  /** Until closed: connect, stay until the connection is lost, connect again. */
  async #keep(): Promise<void> {
    const { signal } = this.#stop;
    const stopped = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    let delayMs = firstDelayMs;
    while (!signal.aborted) {
      try {
        const session = await this.#open();
        delayMs = firstDelayMs;
        const reason = await Promise.race([session.lost, stopped]);
        if (reason !== undefined)
          this.logger.warn({ reason: reason.message }, 'lost the connection to the database');
      } catch (error) {
        this.#failed(error);
        await pause(delayMs, undefined, { signal }).catch(() => undefined);
        delayMs = Math.min(delayMs * 2, longestDelayMs);
      }
    }
    this.#state = 'down';
    await this.#session?.close();
    this.#session = null;
  }

  async #open(): Promise<DatabaseSession> {
    const session = await this.#backend.connect();
    const giveUp = (): void => void session.close();
    this.#stop.signal.addEventListener('abort', giveUp);
    try {
      await this.#migrate(session);
      // The first statement loads Prisma's compiler; no caller's second is spent on it.
      await session.prisma.changeCounter.count();
      await session.watch((change) => this.#tell(change));
    } catch (error) {
      await session.close();
      throw error;
    } finally {
      this.#stop.signal.removeEventListener('abort', giveUp);
    }
    const before = this.#session;
    this.#session = session;
    this.#state = 'ready';
    this.#failure = null;
    this.#saidAt = 0;
    this.logger.info(
      { database: this.kind },
      before === null ? 'the database is ready' : 'the database is back',
    );
    // Nobody knows what was announced while nobody listened.
    if (before !== null) this.#tell({ kind: 'everything', id: '' });
    // Not awaited: a connection whose other end is gone takes its time.
    void before?.close();
    for (const listener of [...this.#readyListeners]) listener();
    return session;
  }

  async #migrate(session: DatabaseSession): Promise<void> {
    const { open, lock } = session.migrations;
    const { applied, edited } = await applyMigrations(await open(), await readMigrations(), lock);
    if (applied.length > 0) this.logger.info({ applied }, 'brought the database schema up to date');
    if (edited.length > 0)
      this.logger.warn({ edited }, 'migrations were changed after they had been applied');
  }

  #failed(error: unknown): void {
    this.#state = this.#session === null ? 'connecting' : 'down';
    this.#failure = reasonOf(error);
    if (this.#stop.signal.aborted || Date.now() - this.#saidAt < remindEveryMs) return;
    this.#saidAt = Date.now();
    this.logger.error(
      { database: this.kind, reason: this.#failure },
      'the database is unavailable; trying again until it is there',
    );
  }

  #tell(change: Change): void {
    for (const listener of [...this.#changeListeners]) listener(change);
  }
}

/** After the time is up, one more turn for input that came in while this thread was busy: late is not lost. */
async function withinTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => setImmediate(() => setImmediate(() => reject(new Error('query read timeout')))),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // It may fail later, when nobody listens any more.
    work.catch(() => undefined);
  }
}

/** One line. A host name with several addresses fails with an error that has no words of its own. */
function reasonOf(error: unknown): string {
  const { message, errors } = error as { message?: string; errors?: unknown[] };
  if (message === '' && errors !== undefined && errors.length > 0) return reasonOf(errors[0]);
  return message?.split('\n')[0] ?? 'unknown error';
}

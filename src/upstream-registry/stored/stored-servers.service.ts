import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import { ChangeBus } from '../../database/change-bus.js';
import { DatabaseService } from '../../database/database.service.js';
import type { StoredServer, StoredServerFields } from './stored-server.js';
import { StoredServerStore, type StoredServerChange } from './stored-server.store.js';

const retryMs = 1_000;

/** Servers that were created over HTTP: kept whole in memory, read again when one changes on any replica. */
@Injectable()
export class StoredServers implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new Logger('Servers');
  readonly #listeners = new Set<() => void>();
  readonly #stops: (() => void)[] = [];
  #servers: readonly StoredServer[] = [];
  #wanted = 0;
  #reading: Promise<void> | null = null;
  #retry: NodeJS.Timeout | undefined;
  #isRead = false;
  #isClosed = false;

  constructor(
    private readonly store: StoredServerStore,
    private readonly bus: ChangeBus,
    private readonly database: DatabaseService,
  ) {}

  onModuleInit(): void {
    this.#stops.push(
      this.bus.subscribe(({ kind }) => {
        if (kind === 'server' || kind === 'everything') void this.#refresh();
      }),
      this.database.onReady(() => void this.#refresh()),
    );
    if (this.database.state === 'ready') void this.#refresh();
  }

  onModuleDestroy(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
    clearTimeout(this.#retry);
  }

  /** Whether they are known; false only until they were first read. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** In name order; as last read while the database is away. */
  list(): readonly StoredServer[] {
    return this.#servers;
  }

  /** Told after each reading. @returns takes the listener away again */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when this replica serves it; null when the id or the name is taken. */
  async create(id: string, fields: StoredServerFields, by: string): Promise<StoredServer | null> {
    const server = await this.store.insert(id, fields, by);
    if (server !== null) await this.#tell(id);
    return server;
  }

  /**
   * Resolves when this replica serves it. `change` sees the server as nobody else changes it meanwhile.
   * @returns `taken` when the new name is, null when there is no such server
   */
  async update(
    id: string,
    by: string,
    change: (current: StoredServer) => StoredServerFields,
  ): Promise<StoredServerChange | 'taken' | null> {
    const changed = await this.store.update(id, by, change);
    if (changed !== null && changed !== 'taken') await this.#tell(id);
    return changed;
  }

  /** Whether there was one. */
  async delete(id: string): Promise<boolean> {
    const isDeleted = await this.store.delete(id);
    if (isDeleted) await this.#tell(id);
    return isDeleted;
  }

  async #tell(id: string): Promise<void> {
    await this.bus.publish({ kind: 'server', id });
    await this.#refresh();
  }

  /** One reading at a time; what is asked for meanwhile is read once more. */
  #refresh(): Promise<void> {
    this.#wanted++;
    return (this.#reading ??= this.#readUntilCurrent().finally(() => (this.#reading = null)));
  }

  async #readUntilCurrent(): Promise<void> {
    for (let read = 0; read < this.#wanted && !this.#isClosed;) {
      read = this.#wanted;
      try {
        this.#servers = await this.store.all();
      } catch (error) {
        this.#retryLater(error);
        return;
      }
      for (const listener of [...this.#listeners]) listener();
      this.#isRead = true;
    }
  }

  #retryLater(error: unknown): void {
    if (this.#isClosed) return;
    this.#logger.warn(
      `Stored servers could not be read: ${error instanceof Error ? error.message : 'unknown error'}`,
    );
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#refresh(), retryMs);
    this.#retry.unref();
  }
}

import { randomUUID } from 'node:crypto';

import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import { ChangeBus } from '../database/change-bus.js';
import { DatabaseService } from '../database/database.service.js';
import { toolsetsByName, type Toolset, type ToolsetFields, type ToolsetTools } from './toolset.js';
import { ToolsetStore } from './toolset.store.js';

const retryMs = 1_000;

/** Toolsets: kept whole in memory, read again when one changes. */
@Injectable()
export class ToolsetService implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new Logger('Toolsets');
  readonly #listeners = new Set<() => void>();
  readonly #stops: (() => void)[] = [];
  #revision = 0;
  #current: ReadonlyMap<string, ToolsetTools> = new Map();
  #toolsets: readonly Toolset[] = [];
  #wanted = 0;
  #reading: Promise<void> | null = null;
  #retry: NodeJS.Timeout | undefined;
  #isRead = false;

  constructor(
    private readonly store: ToolsetStore,
    private readonly bus: ChangeBus,
    private readonly database: DatabaseService,
  ) {}

  onModuleInit(): void {
    this.#stops.push(
      this.bus.subscribe(({ kind }) => {
        if (kind === 'toolset' || kind === 'everything') void this.#refresh();
      }),
      this.database.onReady(() => void this.#refresh()),
    );
    if (this.database.state === 'ready') void this.#refresh();
  }

  onModuleDestroy(): void {
    for (const stop of this.#stops) stop();
    clearTimeout(this.#retry);
  }

  /** Whether they are known; false only until they were first read. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Raised whenever `current` changes. */
  get revision(): number {
    return this.#revision;
  }

  /** Tools of each toolset, by its name and by its id. Immutable. */
  current(): ReadonlyMap<string, ToolsetTools> {
    return this.#current;
  }

  /** Every toolset, in the order of names. */
  list(): readonly Toolset[] {
    return this.#toolsets;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** By id or name, as stored at this moment. */
  find(idOrName: string): Promise<Toolset | null> {
    return this.store.find(idOrName);
  }

  /** Throws CONFLICT when the name is taken. */
  async create(fields: ToolsetFields, by: string): Promise<Toolset> {
    return this.#written(await this.store.insert(randomUUID(), fields, by));
  }

  /** Throws CONFLICT when the name is taken. */
  async update(id: string, fields: ToolsetFields, by: string): Promise<Toolset> {
    return this.#written(await this.store.update(id, fields, by));
  }

  async delete(id: string): Promise<void> {
    await this.store.delete(id);
    await this.#tell(id);
  }

  async #written(toolset: Toolset | null): Promise<Toolset> {
    if (toolset === null) {
      const message = 'toolset_name is taken: choose another one.';
      throw new GatewayError('CONFLICT', { param: 'toolset_name', message });
    }
    await this.#tell(toolset.id);
    return toolset;
  }

  /** Resolves when this replica serves the change. */
  async #tell(id: string): Promise<void> {
    await this.bus.publish({ kind: 'toolset', id });
    await this.#refresh();
  }

  /** One reading at a time; what is asked for meanwhile is read once more. */
  #refresh(): Promise<void> {
    this.#wanted++;
    return (this.#reading ??= this.#readUntilCurrent().finally(() => (this.#reading = null)));
  }

  async #readUntilCurrent(): Promise<void> {
    for (let read = 0; read < this.#wanted;) {
      read = this.#wanted;
      try {
        this.#serve(await this.store.all());
      } catch (error) {
        this.#logger.warn(
          `Toolsets could not be read: ${error instanceof Error ? error.message : 'unknown error'}`,
        );
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => void this.#refresh(), retryMs);
        this.#retry.unref();
        return;
      }
    }
  }

  #serve(toolsets: readonly Toolset[]): void {
    this.#toolsets = toolsets;
    this.#current = toolsetsByName(toolsets);
    this.#isRead = true;
    this.#revision++;
    for (const listener of [...this.#listeners]) listener();
  }
}

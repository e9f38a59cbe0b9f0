import { setTimeout as pause } from 'node:timers/promises';

import type { Logger } from 'pino';

import type { AuditConfig } from '../config/gateway-config.js';
import type { DatabaseService } from '../database/database.service.js';
import { AuditStore } from './audit.store.js';

const everyMs = 3_600_000;
const firstAfterMs = 60_000;
const batchRows = 1_000;
/** Between two batches others get their turn: PGlite has one connection. */
const breathMs = 100;
const dayMs = 86_400_000;

/** Removes rows that are older than `audit.retention_days`, every hour, in small batches. */
export class AuditRetention {
  readonly #store: AuditStore;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout;
  #running: Promise<number> | null = null;

  /** @param settings the configuration as it stands now. */
  constructor(
    database: DatabaseService,
    private readonly settings: () => AuditConfig,
    private readonly logger: Logger,
  ) {
    this.#store = new AuditStore(database);
    this.#timer = setTimeout(() => this.#tick(), firstAfterMs).unref();
    database.beforeClose(() => this.close());
  }

  /** @returns how many rows went. Rejects with DATABASE_UNAVAILABLE. */
  removeOld(now = new Date()): Promise<number> {
    return (this.#running ??= this.#removeOld(now).finally(() => (this.#running = null)));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  #tick(): void {
    this.removeOld()
      .then((removed) => removed > 0 && this.logger.info({ rows: removed }, 'old audit rows were removed'))
      .catch((error: unknown) => this.logger.warn({ err: error }, 'old audit rows could not be removed'));
    this.#timer = setTimeout(() => this.#tick(), everyMs).unref();
  }

  async #removeOld(now: Date): Promise<number> {
    const { retentionDays } = this.settings();
    if (retentionDays <= 0) return 0;
    const before = new Date(now.getTime() - retentionDays * dayMs);
    let removed = 0;
    while (!this.#stop.signal.aborted) {
      const count = await this.#store.deleteBefore(before, batchRows);
      removed += count;
      if (count < batchRows) break;
      await pause(breathMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
    return removed;
  }
}

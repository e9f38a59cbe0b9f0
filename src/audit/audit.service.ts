import { setImmediate } from 'node:timers/promises';

import type { Logger } from 'pino';

import type { AuditConfig } from '../config/gateway-config.js';
import type { AuditEntry } from '../core/audit-entry.js';
import type { DatabaseService } from '../database/database.service.js';
import { AuditIds } from './audit-id.js';
import { toRowJson } from './audit-row.js';
import { AuditSpill } from './audit-spill.js';
import { AuditWriter } from './audit-writer.js';
import { AuditStore } from './audit.store.js';

/** An entry is written at most this long after it was recorded, plus the time of one statement. */
const flushEveryMs = 250;
const batchRows = 1_000;
/** Arguments that wait to be written; more than this is written at once. */
const batchCharacters = 4_000_000;
/** Rows that are encoded in one go: a third of a millisecond. */
const sliceRows = 100;
const replayEveryMs = 10_000;

/**
 * The audit trail's only writer. `record` costs an append to a list; all else happens off the call path, in batches.
 *
 * Nothing is lost: a batch that the database does not take within half a second goes to a file in the data folder and
 * follows later (`AuditSpill`). On a clean stop everything is written; a kill costs at most what was recorded in the last
 * second. Memory holds what comes in while one batch is written.
 */
export class AuditService {
  readonly #ids = new AuditIds();
  readonly #writer: AuditWriter;
  readonly #replayTimer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #entries: AuditEntry[] = [];
  #characters = 0;
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> | null = null;
  #closed = false;

  /** @param settings the configuration as it stands now. */
  constructor(
    database: DatabaseService,
    dataDir: string,
    private readonly settings: () => AuditConfig,
    logger: Logger,
  ) {
    this.#writer = new AuditWriter(new AuditStore(database), new AuditSpill(dataDir), logger);
    this.#stopListening = database.onReady(() => void this.replay());
    // Also what another replica left behind when it was killed.
    this.#replayTimer = setInterval(() => {
      if (database.state === 'ready') void this.replay();
    }, replayEveryMs).unref();
    database.beforeClose(() => this.close());
  }

  /** true: put the arguments (a value or JSON text) into entries of tool calls; they are redacted before they are stored. */
  get keepsArguments(): boolean {
    return this.settings().logArguments;
  }

  /**
   * true when neither the database nor the data folder has taken rows for so long that the next ones would be lost:
   * whoever can should refuse calls rather than let them go unrecorded.
   */
  get isFull(): boolean {
    return this.#writer.isFull;
  }

  /** Entries that no writing has begun for yet. */
  get backlog(): number {
    return this.#entries.length;
  }

  /** The entry must not be changed afterwards: it is read when the batch is written. */
  record(entry: AuditEntry): void {
    if (this.#closed) {
      this.#writer.writeNow([toRowJson(entry, this.#ids)]);
      return;
    }
    this.#entries.push(entry);
    if (typeof entry.arguments === 'string') this.#characters += entry.arguments.length;
    if (this.#entries.length >= batchRows || this.#characters >= batchCharacters) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), flushEveryMs).unref();
  }

  /** Resolves when all that was recorded before is in the database, or in a file on its way there. Never rejects. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    return (this.#flushing ??= this.#drain().finally(() => (this.#flushing = null)));
  }

  /** Brings rows that wait in the data folder to the database; happens by itself. Never rejects. */
  replay(): Promise<void> {
    return this.#writer.replay();
  }

  async close(): Promise<void> {
    clearInterval(this.#replayTimer);
    this.#stopListening();
    await this.flush();
    this.#closed = true;
    // What came in while the last batch was written.
    await this.flush();
  }

  /** A slice at a time, with the calls of the moment in between. */
  async #encode(batch: readonly AuditEntry[]): Promise<string[]> {
    const rows: string[] = [];
    for (const entry of batch) {
      if (rows.length % sliceRows === sliceRows - 1) await setImmediate();
      rows.push(toRowJson(entry, this.#ids));
    }
    return rows;
  }

  async #drain(): Promise<void> {
    while (this.#entries.length > 0) {
      const batch = this.#entries.slice(0, batchRows);
      this.#entries = this.#entries.slice(batchRows);
      if (this.#entries.length === 0) this.#characters = 0;
      await this.#writer.write(await this.#encode(batch));
    }
  }
}

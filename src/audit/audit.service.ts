import type { Logger } from 'pino';

import type { AuditConfig } from '../config/gateway-config.js';
import type { AuditEntry } from '../core/audit-entry.js';
import type { DatabaseService } from '../database/database.service.js';
import { AuditRowEncoder } from './audit-row.js';
import { AuditSpill } from './audit-spill.js';
import { AuditWriter } from './audit-writer.js';
import { AuditStore } from './audit.store.js';
import { RowBatch } from './row-batch.js';
import { embeddedPace, serverPace, WritingPace } from './writing-pace.js';

/** An entry is written at most this long after it was recorded, plus the time of one write. */
const flushEveryMs = 250;
/** Bytes that wait to be written; more than this is written at once. */
const batchBytes = 4_000_000;
const replayEveryMs = 10_000;

/**
 * The audit trail's only writer. `record` costs a line of text in memory; all else happens off the call path, in batches.
 *
 * Nothing is lost: a batch that the database does not take within half a second, or that comes faster than an embedded
 * database should have to work, goes to a file in the data folder and follows later (`AuditSpill`, `WritingPace`). On a
 * clean stop everything is in the database or in a file; a kill costs at most what was recorded in the last second.
 */
export class AuditService {
  readonly #encoder = new AuditRowEncoder();
  readonly #pace: WritingPace;
  readonly #writer: AuditWriter;
  readonly #replayTimer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #batch = new RowBatch();
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param settings the configuration as it stands now. */
  constructor(
    database: DatabaseService,
    dataDir: string,
    private readonly settings: () => AuditConfig,
    logger: Logger,
  ) {
    this.#pace = new WritingPace(database.kind === 'pglite' ? embeddedPace : serverPace);
    this.#writer = new AuditWriter(new AuditStore(database), new AuditSpill(dataDir), this.#pace, logger);
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

  /** Entries that are not in the database yet. */
  get backlog(): number {
    return this.#batch.rowCount + this.#writer.waitingRows;
  }

  record(entry: AuditEntry): void {
    const row = this.#encoder.encode(entry);
    if (this.#closed) {
      this.#writer.writeNow(row);
      return;
    }
    this.#batch.add(row);
    if (this.#batch.byteLength >= batchBytes) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), flushEveryMs).unref();
  }

  /** Resolves when all that was recorded before is in the database, or in a file on its way there. Never rejects. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    return (this.#flushing = this.#flushing.then(() => this.#writeBatch()));
  }

  /** Brings rows that wait in the data folder to the database; happens by itself. Never rejects. */
  replay(): Promise<void> {
    return this.#writer.replay();
  }

  /** For who reads the trail: what was recorded until now is in the database, if it takes it within so long. */
  async catchUp(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
    const written = this.#pace.hurry(async () => {
      await this.flush();
      // One that was under way may have begun before the last rows came to wait.
      await this.replay();
      await this.replay();
    });
    await Promise.race([written, late]);
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    clearInterval(this.#replayTimer);
    this.#stopListening();
    await this.flush();
    // What came in while the last batch was written.
    await this.flush();
    this.#closed = true;
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#batch;
    if (batch.rowCount === 0) return;
    this.#batch = new RowBatch();
    await this.#writer.write(batch);
  }
}

import type { Logger } from 'pino';

import { GatewayError } from '../core/errors.js';
import type { AuditRowJson } from './audit-row.js';
import type { AuditSpill } from './audit-spill.js';
import type { AuditStore } from './audit.store.js';
import type { RowBatch } from './row-batch.js';
import type { WritingPace } from './writing-pace.js';

/** A database that takes longer is treated as away; the row's id keeps it from being written twice. */
const insertWithinMs = 500;
const replayWithinMs = 10_000;
/** Rows of one statement: what an embedded database is busy with while others wait for it. */
const statementRows = 500;
/** Past so many rows in files, about 250 MB, the database gets no rests any more. */
const maxWaitingRows = 500_000;
/** Rows that may wait in memory when neither the database nor the disk takes them: about 30 MB. */
const maxHeldRows = 50_000;

/**
 * Brings rows to the database; to a file when it is away or has enough to do, from where they follow later; and when the
 * disk does not take them either, it keeps them in memory up to a bound.
 */
export class AuditWriter {
  #held: AuditRowJson[] = [];
  #replaying: Promise<void> | null = null;

  constructor(
    private readonly store: AuditStore,
    private readonly spill: AuditSpill,
    private readonly pace: WritingPace,
    private readonly logger: Logger,
  ) {}

  /** true: nothing takes rows any more, and what is still to be recorded would be lost. */
  get isFull(): boolean {
    return this.#held.length >= maxHeldRows;
  }

  /** Rows on their way that are in no database yet. */
  get waitingRows(): number {
    return this.#held.length + this.spill.rowCount;
  }

  /** Never rejects. */
  async write(batch: RowBatch): Promise<void> {
    await this.#writeHeld();
    if (this.pace.admits(batch.rowCount) && (await this.#insert(batch.rows(), insertWithinMs))) return;
    try {
      await this.spill.write(batch);
      void this.replay();
    } catch (error) {
      this.logger.error(
        { err: error, rows: batch.rowCount },
        'audit rows can be written nowhere; they wait in memory',
      );
      this.#hold(batch.rows());
    }
  }

  /** Without waiting: into a file. */
  writeNow(row: AuditRowJson): void {
    try {
      this.spill.writeNow(row);
    } catch (error) {
      this.logger.error({ err: error }, 'an audit row is lost: the data folder cannot be written');
    }
  }

  /** What waits in files goes to the database, oldest first. One at a time; never rejects. */
  replay(): Promise<void> {
    return (this.#replaying ??= this.#replay().finally(() => (this.#replaying = null)));
  }

  async #replay(): Promise<void> {
    let replayed = 0;
    for (const name of await this.spill.waiting()) {
      const rows = await this.spill.read(name);
      for (let start = 0; start < rows.length; start += statementRows) {
        const startedAt = performance.now();
        if (!(await this.#insert(rows.slice(start, start + statementRows), replayWithinMs))) return;
        if (this.spill.rowCount < maxWaitingRows) await this.pace.rest(performance.now() - startedAt);
      }
      await this.spill.remove(name);
      replayed += rows.length;
    }
    if (replayed > 0) this.logger.debug({ rows: replayed }, 'audit rows that waited are in the database');
  }

  /** false when the database is away. A row that it refuses is told of and does not keep the others out. */
  async #insert(rows: readonly AuditRowJson[], timeoutMs: number): Promise<boolean> {
    try {
      await this.store.insert(rows, timeoutMs);
      return true;
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'DATABASE_UNAVAILABLE') return false;
      if (rows.length === 1) {
        this.logger.error({ err: error, row: rows[0] }, 'the database refuses an audit row');
        return true;
      }
      const half = rows.length >> 1;
      return (
        (await this.#insert(rows.slice(0, half), timeoutMs)) &&
        (await this.#insert(rows.slice(half), timeoutMs))
      );
    }
  }

  async #writeHeld(): Promise<void> {
    if (this.#held.length > 0 && (await this.#insert(this.#held, insertWithinMs))) this.#held = [];
  }

  #hold(rows: readonly AuditRowJson[]): void {
    const all = [...this.#held, ...rows];
    this.#held = all.slice(-maxHeldRows);
    const lost = all.length - this.#held.length;
    if (lost > 0) this.logger.fatal({ rows: lost }, 'audit rows are lost: no database, no disk, no room');
  }
}

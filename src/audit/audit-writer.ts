import type { Logger } from 'pino';

import { GatewayError } from '../core/errors.js';
import type { AuditRowJson } from './audit-row.js';
import type { AuditSpill } from './audit-spill.js';
import type { AuditStore } from './audit.store.js';

/** A database that takes longer is treated as away; the row's id keeps it from being written twice. */
const insertWithinMs = 500;
const replayWithinMs = 10_000;
/** Rows that may wait in memory when neither the database nor the disk takes them: about 30 MB. */
const maxHeldRows = 50_000;

/**
 * Brings rows to the database; to a file when it is away, from where they follow later; and when the disk does not take
 * them either, it keeps them in memory up to a bound.
 */
export class AuditWriter {
  #held: AuditRowJson[] = [];
  #replaying: Promise<void> | null = null;

  constructor(
    private readonly store: AuditStore,
    private readonly spill: AuditSpill,
    private readonly logger: Logger,
  ) {}

  /** true: nothing takes rows any more, and what is still to be recorded would be lost. */
  get isFull(): boolean {
    return this.#held.length >= maxHeldRows;
  }

  /** Never rejects. */
  async write(rows: readonly AuditRowJson[]): Promise<void> {
    const all = this.#held.length === 0 ? rows : [...this.#held, ...rows];
    if (await this.#insert(all, insertWithinMs)) {
      this.#held = [];
      return;
    }
    try {
      await this.spill.write(all);
      this.#held = [];
    } catch (error) {
      this.logger.error(
        { err: error, rows: all.length },
        'audit rows can be written nowhere; they wait in memory',
      );
      this.#hold(all);
    }
  }

  /** Without waiting: into a file. */
  writeNow(rows: readonly AuditRowJson[]): void {
    try {
      this.spill.writeNow(rows);
    } catch (error) {
      this.logger.error(
        { err: error, rows: rows.length },
        'audit rows are lost: the data folder cannot be written',
      );
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
      if (rows.length > 0 && !(await this.#insert(rows, replayWithinMs))) return;
      await this.spill.remove(name);
      replayed += rows.length;
    }
    if (replayed > 0)
      this.logger.info({ rows: replayed }, 'audit rows that waited for the database are in it');
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

  #hold(rows: readonly AuditRowJson[]): void {
    this.#held = rows.slice(-maxHeldRows);
    const lost = rows.length - this.#held.length;
    if (lost > 0) this.logger.fatal({ rows: lost }, 'audit rows are lost: no database, no disk, no room');
  }
}

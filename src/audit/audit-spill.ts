import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { AuditRowJson } from './audit-row.js';
import type { RowBatch } from './row-batch.js';

/** Who writes a file for so long was killed. */
const abandonedAfterMs = 60_000;

/**
 * Rows that wait for the database in files of the data folder, one file for each batch, written whole or not at all. Any
 * replica may bring any file to the database: rows that are there already stay one row.
 */
export class AuditSpill {
  readonly #folder: string;
  readonly #rowsOf = new Map<string, number>();
  #last = 0;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'audit-spill');
  }

  /** Rows that this process wrote here and that wait still. */
  get rowCount(): number {
    return [...this.#rowsOf.values()].reduce((total, rows) => total + rows, 0);
  }

  async write(batch: RowBatch): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const { name, temporary, final } = this.#next();
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writev([...batch.pages()]);
    } finally {
      await file.close();
    }
    await rename(temporary, final);
    this.#rowsOf.set(name, batch.rowCount);
  }

  /** For the very end, when nothing can be awaited any more. */
  writeNow(row: AuditRowJson): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const { temporary, final } = this.#next();
    writeFileSync(temporary, `${row}\n`, { mode: 0o600 });
    renameSync(temporary, final);
  }

  /** Names of the files that wait, oldest first; those that were left half written long ago too. */
  async waiting(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const abandonedBefore = Date.now() - abandonedAfterMs;
    return names
      .filter((name) => name.endsWith('.jsonl') || Number.parseInt(name, 10) < abandonedBefore)
      .sort();
  }

  /** Lines that are cut are left out: the disk may have filled up. Empty when another replica was faster. */
  async read(name: string): Promise<AuditRowJson[]> {
    const text = await readFile(join(this.#folder, name), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  }

  async remove(name: string): Promise<void> {
    this.#rowsOf.delete(name);
    await rm(join(this.#folder, name), { force: true });
  }

  #next(): { name: string; temporary: string; final: string } {
    this.#last = Math.max(Date.now(), this.#last + 1);
    const stem = `${this.#last}-${randomUUID()}`;
    const name = `${stem}.jsonl`;
    return { name, temporary: join(this.#folder, `${stem}.part`), final: join(this.#folder, name) };
  }
}

import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { AuditRowJson } from './audit-row.js';

/**
 * Rows that wait for the database in files of the data folder, one file for each batch, written whole or not at all. Any
 * replica may bring any file to the database: rows that are there already stay one row.
 */
export class AuditSpill {
  readonly #folder: string;
  #last = 0;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'audit-spill');
  }

  async write(rows: readonly AuditRowJson[]): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const { temporary, final } = this.#paths();
    await writeFile(temporary, rows.join('\n'), { mode: 0o600 });
    await rename(temporary, final);
  }

  /** For the very end, when nothing can be awaited any more. */
  writeNow(rows: readonly AuditRowJson[]): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const { temporary, final } = this.#paths();
    writeFileSync(temporary, rows.join('\n'), { mode: 0o600 });
    renameSync(temporary, final);
  }

  /** Names of the files that wait, oldest first. */
  async waiting(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return names.filter((name) => name.endsWith('.jsonl')).sort();
  }

  /** Lines that are no JSON are left out: a disk that filled up may have cut one. Empty when another replica was faster. */
  async read(name: string): Promise<AuditRowJson[]> {
    const text = await readFile(join(this.#folder, name), 'utf8').catch(() => '');
    return text.split('\n').filter((line) => line !== '' && isJson(line));
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true });
  }

  #paths(): { temporary: string; final: string } {
    this.#last = Math.max(Date.now(), this.#last + 1);
    const name = join(this.#folder, `${this.#last}-${randomUUID()}`);
    return { temporary: `${name}.part`, final: `${name}.jsonl` };
  }
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}

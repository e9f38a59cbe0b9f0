import type { AuditRowJson } from './audit-row.js';

const pageBytes = 256 * 1024;
/** UTF-8 needs at most so many bytes for one UTF-16 unit. */
const maxBytesPerUnit = 3;

/**
 * Rows that wait to be written, as lines of JSON in memory outside the garbage collector's heap: thousands of rows that
 * live for a quarter of a second are what a collector of short-lived objects is worst at.
 */
export class RowBatch {
  /** Pages that are full, cut to what they hold. */
  readonly #full: Buffer[] = [];
  #page: Buffer = Buffer.alloc(0);
  #used = 0;
  #rowCount = 0;
  #fullBytes = 0;

  get rowCount(): number {
    return this.#rowCount;
  }

  get byteLength(): number {
    return this.#fullBytes + this.#used;
  }

  add(row: AuditRowJson): void {
    const needed = row.length * maxBytesPerUnit + 1;
    if (this.#page.length - this.#used < needed) this.#turnPage(Math.max(pageBytes, needed));
    this.#used += this.#page.write(row, this.#used);
    this.#page[this.#used++] = 0x0a;
    this.#rowCount++;
  }

  /** The lines, each with its line feed. */
  pages(): readonly Buffer[] {
    return [...this.#full, this.#page.subarray(0, this.#used)];
  }

  rows(): AuditRowJson[] {
    return Buffer.concat(this.pages()).toString().split('\n').slice(0, -1);
  }

  #turnPage(size: number): void {
    if (this.#used > 0) this.#full.push(this.#page.subarray(0, this.#used));
    this.#fullBytes += this.#used;
    this.#page = Buffer.allocUnsafeSlow(size);
    this.#used = 0;
  }
}

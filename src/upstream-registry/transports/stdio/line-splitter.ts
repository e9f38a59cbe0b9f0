import { freeMemory } from '../../../http-client/free-memory.js';
import { ChunkList, MessageTooLargeError } from '../chunk-list.js';

const lineFeed = 0x0a;

/**
 * Splits a byte stream at line feeds; lines within one chunk are not copied. Empty lines are skipped; a CR is white space
 * of JSON.
 */
export class LineSplitter {
  readonly #rest = new ChunkList();

  /** @param maxBytes cap of one line; beyond it `push` throws MessageTooLargeError */
  constructor(
    private readonly maxBytes: number,
    private readonly onLine: (line: readonly Buffer[]) => void,
  ) {}

  /** @param chunk belongs to the splitter */
  push(chunk: Buffer): void {
    let at = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, at)) {
      this.#endLine(chunk.subarray(at, end));
      at = end + 1;
    }
    if (at < chunk.length) this.#rest.push(at === 0 ? chunk : chunk.subarray(at));
    // No line has a part in it.
    if (at === 0) freeMemory(chunk);
    this.#check();
  }

  #endLine(last: Buffer): void {
    if (this.#rest.isEmpty) {
      if (last.length > 0) this.onLine([last]);
      return;
    }
    this.#rest.push(last);
    this.#check();
    this.onLine(this.#rest.take());
  }

  #check(): void {
    if (this.#rest.byteLength <= this.maxBytes) return;
    this.#rest.discard();
    throw new MessageTooLargeError();
  }
}

/** A message grew over the cap. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';
}

/** A piece under this size is copied together with its neighbours instead of being kept as an object of its own. */
const smallBytes = 1024;
const blockBytes = 16 * 1024;

/**
 * Bytes that arrive in pieces. Large pieces are kept as they are, small ones are gathered into blocks: an upstream that
 * sends one byte at a time must not cost a hundred for each.
 */
export class ChunkList {
  #pieces: Buffer[] = [];
  #block: Buffer | null = null;
  #used = 0;
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  get isEmpty(): boolean {
    return this.#byteLength === 0;
  }

  push(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#byteLength += piece.length;
    if (this.#pieces.length === 0 || piece.length >= smallBytes) {
      this.#block = null;
      this.#pieces.push(piece);
      return;
    }
    if (this.#block === null || this.#used + piece.length > blockBytes) {
      this.#block = Buffer.allocUnsafe(blockBytes);
      this.#used = 0;
      this.#pieces.push(this.#block.subarray(0, 0));
    }
    piece.copy(this.#block, this.#used);
    this.#used += piece.length;
    const start = this.#pieces.length - 1;
    const filled = (this.#pieces[start]?.length ?? 0) + piece.length;
    this.#pieces[start] = this.#block.subarray(this.#used - filled, this.#used);
  }

  /** All pieces in order; the list is empty afterwards. */
  take(): Buffer[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#block = null;
    this.#byteLength = 0;
    return pieces;
  }
}

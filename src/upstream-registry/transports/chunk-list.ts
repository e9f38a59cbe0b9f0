import { receiveBlocks } from './receive-blocks.js';

/** A message grew over the cap. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';
}

/** What is shorter is kept in one piece; what is longer in blocks. */
const smallBytes = 32 * 1024;
const nothing = Buffer.alloc(0);

/**
 * Bytes that arrive in pieces, copied into memory of its own: what a socket read is overwritten by its next read. Small
 * pieces are gathered, for an upstream that sends one byte at a time must not cost a hundred for each.
 */
export class ChunkList {
  /** What is full, in order. */
  #pieces: Buffer[] = [];
  /** Where the next bytes go, behind `#used`. */
  #room: Buffer = nothing;
  #used = 0;
  #blocks: Buffer[] = [];
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  get isEmpty(): boolean {
    return this.#byteLength === 0;
  }

  push(bytes: Buffer, start = 0, end = bytes.length): void {
    for (let at = start; at < end;) {
      if (this.#used === this.#room.length) this.#makeRoom(end - at);
      const copied = bytes.copy(this.#room, this.#used, at, end);
      at += copied;
      this.#used += copied;
      this.#byteLength += copied;
    }
  }

  /** Moves here what another list holds behind its first bytes; that one is empty afterwards. */
  append(other: ChunkList, skipped: number): void {
    const pieces = withoutStart(other.#all(), skipped);
    if (other.#blocks.length === 0) for (const piece of pieces) this.push(piece);
    else {
      this.#closeRoom();
      this.#pieces.push(...pieces);
      this.#blocks.push(...other.#blocks);
      this.#byteLength += other.#byteLength - skipped;
    }
    other.#forget();
  }

  /** At most so many bytes of the beginning. */
  start(length: number): Buffer {
    const [first = nothing] = this.#all();
    if (first.length >= length || first.length === this.#byteLength) return first.subarray(0, length);
    return Buffer.concat(this.#all()).subarray(0, length);
  }

  /** All pieces in order, and with them their memory; the list is empty afterwards. */
  take(): Buffer[] {
    const pieces = this.#all();
    this.#forget();
    return pieces;
  }

  /** Throws away what is held; its memory serves the next message. */
  discard(): void {
    if (this.#blocks.length > 0) receiveBlocks.giveBack(this.#blocks);
    this.#forget();
  }

  #makeRoom(needed: number): void {
    if (this.#pieces.length === 0 && this.#used + needed <= smallBytes) {
      // Most messages come in one piece, and get memory of its length.
      const larger = Buffer.allocUnsafe(
        this.#used === 0 ? needed : Math.min(2 * this.#used + needed, smallBytes),
      );
      this.#room.copy(larger, 0, 0, this.#used);
      this.#room = larger;
    } else {
      this.#closeRoom();
      this.#room = receiveBlocks.take();
      this.#blocks.push(this.#room);
    }
  }

  #closeRoom(): void {
    this.#pieces = this.#all();
    this.#room = nothing;
    this.#used = 0;
  }

  #all(): Buffer[] {
    if (this.#used === 0) return this.#pieces;
    const last = this.#used === this.#room.length ? this.#room : this.#room.subarray(0, this.#used);
    return [...this.#pieces, last];
  }

  #forget(): void {
    this.#pieces = [];
    this.#room = nothing;
    this.#used = 0;
    this.#blocks = [];
    this.#byteLength = 0;
  }
}

function withoutStart(pieces: readonly Buffer[], skipped: number): Buffer[] {
  let left = skipped;
  const rest: Buffer[] = [];
  for (const piece of pieces) {
    if (left < piece.length) rest.push(left === 0 ? piece : piece.subarray(left));
    left = Math.max(0, left - piece.length);
  }
  return rest;
}

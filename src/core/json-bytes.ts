import type { JsonRange } from './json-members.js';
import type { JsonBytes } from './rpc.js';

/** The same memory with Buffer's native searches. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether this ASCII text stands at a place in the bytes: for a few characters cheaper than making a string of them. */
export function isTextAt(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The bytes in one piece, copied only where they are in several. */
export function wholeOf({ chunks, byteLength }: JsonBytes): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? asBuffer(first) : Buffer.concat(chunks, byteLength);
}

/** The bytes of `range`, an offset range over all chunks, without copying. Throws RangeError beyond their end. */
export function sliceChunks(chunks: readonly Uint8Array[], range: JsonRange): JsonBytes {
  const slices: Uint8Array[] = [];
  let chunkStart = 0;
  for (const chunk of chunks) {
    if (chunkStart >= range.end) break;
    const from = Math.max(range.start - chunkStart, 0);
    const to = Math.min(range.end - chunkStart, chunk.length);
    if (from < to) slices.push(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to));
    chunkStart += chunk.length;
  }
  if (chunkStart < range.end) throw new RangeError('The range ends behind the last chunk.');
  return { chunks: slices, byteLength: range.end - range.start };
}

/**
 * Whether a line feed or carriage return stands anywhere in the bytes. Such JSON must not go as it is into a frame that
 * ends with a line: a `data:` line of an event stream, a message over stdio.
 */
export function hasLineBreak(json: JsonBytes): boolean {
  return json.chunks.map(asBuffer).some((chunk) => chunk.includes(0x0a) || chunk.includes(0x0d));
}

const quote = 0x22;
const backslash = 0x5c;

/** Bytes looked at one by one before the native search takes over, whose call costs about as much. */
const nearbyBytes = 8;

/** The chunk ends within the string. */
export const cut = -1;
/** The same, and its last byte is a backslash that escapes what comes next. */
export const cutBehindBackslash = -2;

/** Matches a string that is not its own text, or not JSON. */
export const needsParsing = /[\\\u0000-\u001f]/;

/**
 * Index of the quote that ends the string which one is in at `from`, or `cut`, or `cutBehindBackslash`. Costs some
 * tens of microseconds a MiB, and several times that with escaped quotes close together.
 */
export function findStringEnd(chunk: Buffer, from: number): number {
  const { length } = chunk;
  let index = from;
  for (;;) {
    const near = Math.min(index + nearbyBytes, length);
    while (index < near) {
      const byte = chunk[index];
      if (byte === quote) return index;
      index += byte === backslash ? 2 : 1;
    }
    if (index >= length) return index > length ? cutBehindBackslash : cut;
    const found = chunk.indexOf(quote, index);
    const stop = found < 0 ? length : found;
    let escapes = stop;
    while (escapes > index && chunk[escapes - 1] === backslash) escapes -= 1;
    const isEscaped = (stop - escapes) % 2 === 1;
    if (found < 0) return isEscaped ? cutBehindBackslash : cut;
    if (!isEscaped) return found;
    index = found + 1;
  }
}

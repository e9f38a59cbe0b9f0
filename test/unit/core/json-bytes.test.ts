import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { hasLineBreak, sliceChunks } from '../../../src/core/json-scanner.js';
import { bytesOf } from './hostile-json.js';

describe('sliceChunks', () => {
  it('cuts a range out of chunks without copying', () => {
    const text = '{"id":1,"result":{"text":"äöü"}}';
    const bytes = bytesOf(text);
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: bytes.length }), { maxLength: 5 }),
        fc.nat({ max: bytes.length }),
        fc.nat({ max: bytes.length }),
        (cuts, a, b) => {
          const at = [0, ...cuts.sort((x, y) => x - y), bytes.length];
          const chunks = at.slice(1).map((end, n) => bytes.subarray(at[n], end));
          const range = { start: Math.min(a, b), end: Math.max(a, b) };
          const slice = sliceChunks(chunks, range);
          expect(Buffer.concat(slice.chunks).equals(bytes.subarray(range.start, range.end))).toBe(true);
          expect(slice.byteLength).toBe(range.end - range.start);
          expect(slice.chunks.every((chunk) => chunk.buffer === bytes.buffer && chunk.length > 0)).toBe(true);
        },
      ),
    );
  });

  it('refuses a range behind the end', () => {
    expect(() => sliceChunks([bytesOf('{}')], { start: 0, end: 3 })).toThrow(RangeError);
  });
});

describe('hasLineBreak', () => {
  it.each([
    [['{"a":1}', '{}'], false],
    [['{"a":', '1\n}'], true],
    [['{"a":"\r"}'], true],
    [['{"a":"\\n\\r"}'], false],
    [[], false],
  ])('%j: %s', (texts, expected) => {
    const chunks = texts.map((text) => new Uint8Array(bytesOf(text)));
    expect(hasLineBreak({ chunks, byteLength: 0 })).toBe(expected);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { ChunkList, MessageTooLargeError } from '../../../src/upstream-registry/transports/chunk-list.js';
import { LineSplitter } from '../../../src/upstream-registry/transports/stdio/line-splitter.js';

function read(chunks: readonly Buffer[], maxBytes = 1_000_000): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter(maxBytes, (line) => lines.push(Buffer.concat(line).toString('latin1')));
  for (const chunk of chunks) splitter.push(chunk);
  return lines;
}

describe('LineSplitter', () => {
  test('splits at line feeds and skips empty lines', () => {
    expect(read([Buffer.from('a\n\nb\n\n\nc\nrest')])).toEqual(['a', 'b', 'c']);
  });

  test('reads the same however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (chunks) => {
        const pieces = chunks.map((chunk) => Buffer.from(chunk).map((byte) => (byte % 7 === 0 ? 10 : byte)));
        const buffers = pieces.map((piece) => Buffer.from(piece));
        const expected = Buffer.concat(buffers)
          .toString('latin1')
          .split('\n')
          .slice(0, -1)
          .filter((line) => line !== '');
        expect(read(buffers)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  test('stops at the cap, whether the line ends or not', () => {
    expect(() => read([Buffer.alloc(60, 'x'), Buffer.alloc(60, 'x')], 100)).toThrow(MessageTooLargeError);
    expect(read([Buffer.from(`${'x'.repeat(100)}\n`)], 100)).toHaveLength(1);
  });
});

describe('ChunkList', () => {
  test('holds what was pushed, in order, however small the pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 60 }), (pieces) => {
        const list = new ChunkList();
        for (const piece of pieces) list.push(Buffer.from(piece));
        const whole = Buffer.concat(pieces);
        expect(list.byteLength).toBe(whole.length);
        expect(Buffer.concat(list.take()).equals(whole)).toBe(true);
        expect(list.isEmpty).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('gathers single bytes into few pieces', () => {
    const list = new ChunkList();
    for (let i = 0; i < 100_000; i++) list.push(Buffer.from([i % 256]));
    expect(list.take().length).toBeLessThan(20);
  });
});

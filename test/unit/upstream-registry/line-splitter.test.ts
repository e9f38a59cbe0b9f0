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
        for (const piece of pieces) {
          const memory = Buffer.from(piece);
          list.push(memory);
          memory.fill(0);
        }
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

  test('moves what another list holds, whatever the two hold, and goes on behind it', () => {
    const bytes = fc.integer({ min: 0, max: 150_000 });
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.nat(8), (before, moved, after, skipped) => {
        const [first, second, third] = [before, moved, after].map((length, i) =>
          Buffer.alloc(length, 97 + i),
        );
        const [list, other] = [new ChunkList(), new ChunkList()];
        if (first === undefined || second === undefined || third === undefined) return;
        list.push(first);
        other.push(second);
        const start = Math.min(skipped, moved);
        expect(other.start(start).equals(second.subarray(0, start))).toBe(true);
        list.append(other, start);
        list.push(third);
        other.push(Buffer.from('of its own'));
        const whole = Buffer.concat([first, second.subarray(start), third]);
        expect(list.byteLength).toBe(whole.length);
        expect(Buffer.concat(list.take()).equals(whole)).toBe(true);
        expect(Buffer.concat(other.take()).toString()).toBe('of its own');
      }),
      { numRuns: 200 },
    );
  });

  test('what was thrown away is used again, what was taken is not', () => {
    const fill = (list: ChunkList, byte: string): void => list.push(Buffer.alloc(200_000, byte));
    const [taken, thrown, next] = [new ChunkList(), new ChunkList(), new ChunkList()];
    fill(taken, 'a');
    fill(thrown, 'b');
    const kept = taken.take();
    const memory = thrown.start(1).buffer;
    thrown.discard();
    taken.discard();
    fill(next, 'c');
    expect(Buffer.concat(kept).equals(Buffer.alloc(200_000, 'a'))).toBe(true);
    expect(next.take().map(({ buffer }) => buffer)).toContain(memory);
  });
});

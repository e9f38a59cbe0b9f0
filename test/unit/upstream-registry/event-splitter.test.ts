import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { MessageTooLargeError } from '../../../src/upstream-registry/transports/chunk-list.js';
import { EventSplitter } from '../../../src/upstream-registry/transports/event-splitter.js';

interface Read {
  readonly type: string;
  readonly data: string;
  readonly id: string;
}

function read(chunks: readonly Buffer[], maxBytes = 1_000_000): Read[] {
  const events: Read[] = [];
  const splitter = new EventSplitter(maxBytes, ({ type, data, id }) => {
    events.push({ type, data: Buffer.concat(data).toString(), id });
  });
  for (const chunk of chunks) {
    // The socket reads into the same memory again.
    const memory = Buffer.from(chunk);
    splitter.push(memory);
    memory.fill('!');
  }
  return events;
}

const readText = (text: string): Read[] => read([Buffer.from(text)]);
const message = (data: string, id = ''): Read => ({ type: 'message', data, id });

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

describe('EventSplitter', () => {
  test.each([
    ['LF', 'data: a\n\n', [message('a')]],
    ['CRLF', 'data: a\r\n\r\n', [message('a')]],
    ['CR', 'data: a\r\r', [message('a')]],
    ['mixed ends', 'data: a\r\ndata: b\rdata: c\n\n', [message('a\nb\nc')]],
    ['a byte order mark', '\uFEFFdata: a\n\n', [message('a')]],
    ['no space behind the colon', 'data:a\n\n', [message('a')]],
    ['only the first space goes', 'data:  a \n\n', [message(' a ')]],
    ['comments', ': hello\n:\n\ndata: a\n: in between\n\n', [message('a')]],
    [
      'a named event',
      'event: endpoint\ndata: /x\n\ndata: a\n\n',
      [{ type: 'endpoint', data: '/x', id: '' }, message('a')],
    ],
    [
      'ids last',
      'id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n',
      [message('a', '1'), message('b', '1'), message('c')],
    ],
    ['an id with NUL is ignored', 'id: 1\n\nid: 2\0\ndata: a\n\n', [message('a', '1')]],
    ['empty data is an event, no data is none', 'data\n\ndata:\n\nevent: x\n\n', [message(''), message('')]],
    ['empty lines of data', 'data:\ndata:\n\n', [message('\n')]],
    ['unknown fields', 'foo: bar\ndata: a\ndatax: b\ndat: c\n\n', [message('a')]],
    ['what is cut off is no event', 'data: a\n\ndata: b\n', [message('a')]],
    ['umlauts', 'data: grüße 🎉\n\n', [message('grüße 🎉')]],
  ])('%s', (_, text, expected) => {
    expect(readText(text)).toEqual(expected);
  });

  test('reads the same however the bytes are cut', () => {
    const line = fc.oneof(
      fc.constantFrom(
        '',
        ':c',
        'data',
        'data:',
        'data: {"a":1}',
        'id: 7',
        'event: message',
        'event: other',
        'retry: 9',
        '\uFEFFdata: x',
      ),
      fc.string({ maxLength: 20 }).map((text) => `data: ${text.replace(/[\r\n]/g, '')}`),
    );
    const stream = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')), { maxLength: 30 });
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 20 }), (lines, places) => {
        const bytes = Buffer.from(lines.map((it) => it.join('')).join(''));
        const expected = read([bytes]);
        expect(read(cut(bytes, places))).toEqual(expected);
        expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('survives any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 500 }),
        fc.array(fc.nat(), { maxLength: 10 }),
        (bytes, places) => {
          expect(read(cut(Buffer.from(bytes), places))).toEqual(read([Buffer.from(bytes)]));
        },
      ),
      { numRuns: 500 },
    );
  });

  test('knows when it was cut within an event, and what the stream asked for', () => {
    const splitter = new EventSplitter(100, () => undefined);
    splitter.push(Buffer.from('retry: 250\nid: x\ndata: a\n\n'));
    expect([splitter.isMidEvent, splitter.retryMs, splitter.lastEventId]).toEqual([false, 250, 'x']);
    splitter.push(Buffer.from('da'));
    expect(splitter.isMidEvent).toBe(true);
    splitter.push(Buffer.from('ta: b\n'));
    expect(splitter.isMidEvent).toBe(true);
    splitter.push(Buffer.from('retry: soon\n\n'));
    expect([splitter.isMidEvent, splitter.retryMs]).toEqual([false, 250]);
  });

  test.each([1_000, 40_000, 300_000])('data of %d bytes outlives the memory it came in', (length) => {
    const text = 'abcdefghij'.repeat(length / 10);
    const events: (readonly Buffer[])[] = [];
    const splitter = new EventSplitter(1_000_000, ({ data }) => events.push(data));
    const stream = Buffer.from(`data: ${text}\n\n`.repeat(3));
    const memory = Buffer.alloc(65_536);
    for (let at = 0; at < stream.length; at += memory.length) {
      const read = stream.copy(memory, 0, at);
      splitter.push(memory.subarray(0, read));
    }
    expect(events.map((data) => Buffer.concat(data).toString() === text)).toEqual([true, true, true]);
  });

  test('what was thrown away is not in the next event', () => {
    const events: string[] = [];
    const splitter = new EventSplitter(1_000_000, ({ data }) => events.push(Buffer.concat(data).toString()));
    splitter.push(Buffer.from(`data: one\ndata: ${'x'.repeat(200_000)}`));
    splitter.discard();
    expect(splitter.isMidEvent).toBe(false);
    splitter.push(Buffer.from('\n\ndata: two\n\n'));
    expect(events).toEqual(['two']);
  });

  test.each([
    ['one line without end', ['data: ', ...Array<string>(300).fill('x')]],
    ['many lines', Array<string>(60).fill('data: x\n')],
    ['a line that is no data', ['foo: ', ...Array<string>(300).fill('x')]],
  ])('stops at the cap: %s', (_, pieces) => {
    expect(() =>
      read(
        pieces.map((piece) => Buffer.from(piece)),
        100,
      ),
    ).toThrow(MessageTooLargeError);
  });

  test('an event of exactly the cap passes', () => {
    expect(read([Buffer.from(`data: ${'x'.repeat(100)}\n\n`)], 100)).toHaveLength(1);
    expect(() => read([Buffer.from(`data: ${'x'.repeat(101)}\n\n`)], 100)).toThrow(MessageTooLargeError);
  });
});

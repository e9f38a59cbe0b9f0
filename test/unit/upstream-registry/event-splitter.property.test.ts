import { expect, test } from '@jest/globals';
import fc from 'fast-check';

import { EventSplitter } from '../../../src/upstream-registry/transports/event-splitter.js';
import { referenceEvents, type ReferenceEvent } from './event-stream.js';

function read(chunks: readonly Buffer[]): { events: ReferenceEvent[]; retryMs: number | null } {
  const events: ReferenceEvent[] = [];
  const splitter = new EventSplitter(1_000_000, ({ type, data, id }) => {
    events.push({ type, data: Buffer.concat(data).toString(), id });
  });
  for (const chunk of chunks) splitter.push(chunk);
  return { events, retryMs: splitter.retryMs };
}

const bytesOf = (bytes: readonly number[]): Buffer => Buffer.from(bytes);

/** What lines are made of, right and wrong, in any order. */
const piece = fc
  .oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        ...['data', 'event', 'id', 'retry', 'Data', 'dat', 'datax', 'a-longer-name', ''],
      ),
    },
    { weight: 6, arbitrary: fc.constantFrom(':', ': ', ':  ', ' ', ' :') },
    { weight: 6, arbitrary: fc.constantFrom('\n', '\r', '\r\n', '\n\r', '\n\n', '\r\r', '\r\n\r\n') },
    {
      weight: 2,
      arbitrary: fc.constantFrom('{"id":7}', '250', '25x', 'message', '\0', 'grüße 🎉', '\u2028\u0085'),
    },
    { weight: 2, arbitrary: fc.constant('\uFEFF') },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  )
  .map((text) => Buffer.from(text));

const noUtf8 = fc
  .constantFrom(
    [0xff],
    [0xc3],
    [0xe2, 0x82],
    [0xed, 0xa0, 0x80],
    [0xf0, 0x9f, 0x8e],
    [0xc0, 0x80],
    [0xef, 0xbb],
    [0x80],
  )
  .map(bytesOf);

const field = fc
  .tuple(
    fc.constantFrom('data', 'event', 'id', 'retry'),
    fc.constantFrom(':', ': ', ''),
    fc.array(fc.oneof({ weight: 4, arbitrary: piece }, { weight: 1, arbitrary: noUtf8 }), { maxLength: 3 }),
    fc.constantFrom('\n', '\r', '\r\n'),
  )
  .map(([name, colon, value, end]) => Buffer.concat([Buffer.from(name + colon), ...value, Buffer.from(end)]));

const stream = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: field },
      { weight: 3, arbitrary: piece },
      { weight: 1, arbitrary: noUtf8 },
    ),
    { maxLength: 40 },
  )
  .map((parts) => Buffer.concat(parts));

/** Cuts at any places, some of them equal: empty chunks are chunks too. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

test('events are those of the standard, however the bytes are cut', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(), { maxLength: 20 }), (bytes, places) => {
      const expected = referenceEvents(bytes);
      expect(read([bytes])).toEqual(expected);
      expect(read(cut(bytes, places))).toEqual(expected);
      expect(read([...bytes].map((byte) => Buffer.of(byte)))).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});

test('one cut, at every byte of a stream that has everything', () => {
  const parts = [
    '\uFEFF: comment\r\n\r\nid: 1\revent: named\ndata: grüße\r\ndata\ndata:\r\r',
    'retry: 250\r\n:\nid\0: no\nid: 2\0\ndata:  two 🎉\n\n\nevent: none\r\n\r\nid\ndata: last\r\n\r\ndata: cut off\n',
  ];
  const bytes = Buffer.concat([...parts.map((part) => Buffer.from(part)), bytesOf([0xff, 0x0a, 0x0a])]);
  const expected = referenceEvents(bytes);
  expect(expected.events).toHaveLength(4);
  for (let at = 0; at <= bytes.length; at++) {
    expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
    expect(read([bytes.subarray(0, at)])).toEqual(referenceEvents(bytes.subarray(0, at)));
  }
});

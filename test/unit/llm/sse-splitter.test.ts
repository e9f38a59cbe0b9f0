import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { dataOf, SseSplitter } from '../../../src/llm/relay/sse-splitter.js';

const event = fc
  .tuple(
    fc.string().map((text) => text.replaceAll(/[\r\n]/g, '')),
    fc.constantFrom('\n', '\r\n'),
  )
  .map(([text, end]) => `data: ${text}${end}${end}`);

describe('cutting a stream into events', () => {
  it('gives the same events whatever the chunks are', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 8 }),
        fc.array(fc.nat(200), { maxLength: 12 }),
        (events, cuts) => {
          const bytes = Buffer.from(events.join(''));
          const places = [
            ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b),
            bytes.length,
          ];
          const splitter = new SseSplitter(1_000_000);
          let from = 0;
          const found: string[] = [];
          for (const to of places) {
            found.push(...splitter.push(bytes.subarray(from, to)).map(String));
            from = to;
          }
          expect(found).toEqual(events);
          expect(splitter.hasPartialEvent).toBe(false);
        },
      ),
    );
  });

  it('knows that an event is not complete', () => {
    const splitter = new SseSplitter(100);
    expect(splitter.push(Buffer.from('data: a\n'))).toEqual([]);
    expect(splitter.hasPartialEvent).toBe(true);
    expect(splitter.push(Buffer.from('\ndata: b')).map(String)).toEqual(['data: a\n\n']);
    expect(splitter.hasPartialEvent).toBe(true);
  });

  it('gives up on an event over the limit', () => {
    const splitter = new SseSplitter(10);
    expect(() => splitter.push(Buffer.from('data: 12345678'))).toThrow(/size limit/);
  });
});

describe('the data of an event', () => {
  it.each([
    ['data: {"a":1}\n\n', '{"a":1}'],
    ['data:x\r\n\r\n', 'x'],
    ['event: e\nid: 1\ndata: a\ndata:  b\n\n', 'a\n b'],
    ['data\n\n', ''],
    [': comment\n\n', null],
    ['\n', null],
  ])('%j', (text, data) => {
    expect(dataOf(Buffer.from(text))).toBe(data);
  });
});

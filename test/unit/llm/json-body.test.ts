import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { JsonBody } from '../../../src/llm/json-body.js';
import { byName, bytesOf, hostileObjectText, parsedEntries } from '../core/hostile-json.js';

type Changes = Record<string, string | undefined>;

const changed = (text: string, ...changes: Changes[]): string =>
  changes
    .reduce((body, change) => body.with(change), JsonBody.scan(Buffer.from(text)))
    .toBuffer()
    .toString();

describe('the body of a request', () => {
  it.each([
    [' { "x" : 1.0 ,\n "model" : "a" }\n', { model: '"b"' }, ' { "x" : 1.0 ,\n "model" : "b" }\n'],
    ['{"model":"a","x":1,"\\u006dodel":"c"}', { model: '"b"' }, '{"model":"b","x":1}'],
    [' { } ', { a: '1', b: '2' }, ' {"a":1,"b":2 } '],
    ['{"x":1,"y":2,"z":3}', { x: undefined }, '{"y":2,"z":3}'],
    ['{"x":1,"y":2,"z":3}', { y: undefined }, '{"x":1,"z":3}'],
    ['{"x":1,"y":2,"z":3}', { z: undefined, w: '4' }, '{"x":1,"y":2,"w":4}'],
    ['{"x":1}', { x: undefined }, '{}'],
    ['{"x":"ü","y":"😀"}', { x: '"€"' }, '{"x":"€","y":"😀"}'],
  ])('%s with %j', (text, changes, expected) => expect(changed(text, changes)).toBe(expected));

  it('is changed again and again without being read again', () => {
    expect(
      changed('{"a":1,"b":2}', { a: undefined, c: '3' }, { c: '[4]', d: '5' }, { b: undefined, a: '6' }),
    ).toBe('{"c":[4],"d":5,"a":6}');
  });

  it('gives the text of a member, the last of several', () => {
    const body = JsonBody.scan(Buffer.from('{"a": 1.00 ,"a":\t[ 2 ]}'));
    expect([body.textOf('a'), body.textOf('b')]).toEqual(['[ 2 ]', undefined]);
  });

  it('changes what it is told and nothing else', () => {
    const dictionary = fc.dictionary(
      fc.constantFrom('id', 'result', 'error', 'method', '', '"', 'new'),
      fc.option(fc.json(), { nil: undefined }),
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(hostileObjectText, dictionary, dictionary, (text, first, second) => {
        const bytes = bytesOf(text);
        expect(JsonBody.scan(bytes).toBuffer()).toEqual(bytes);
        const expected = new Map(parsedEntries(bytes.toString()));
        for (const [name, json] of [...Object.entries(first), ...Object.entries(second)]) {
          if (json === undefined) expected.delete(name);
          else expected.set(name, JSON.parse(json));
        }
        expect(parsedEntries(changed(bytes.toString(), first, second))).toEqual([...expected].sort(byName));
      }),
      { numRuns: 500 },
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { scanObject } from '../../../src/core/json-object.js';
import { spliceMembers } from '../../../src/core/json-scanner.js';
import { byName, bytesOf, hostileObjectText, parsedEntries } from './hostile-json.js';

describe('spliceMembers', () => {
  const splice = (text: string, replacements: Record<string, string | undefined>): string =>
    spliceMembers(bytesOf(text), scanObject(bytesOf(text)), replacements);

  it.each([
    [
      '{"name":"a","big":12345678901234567890,"e":"\\u00e9"}',
      { name: '"b"' },
      '{"name":"b","big":12345678901234567890,"e":"\\u00e9"}',
    ],
    ['{ "x" : 1 ,\n "name" : "a" }', { name: '"b"' }, '{ "x" : 1 ,\n "name" : "b" }'],
    ['{"name":"a","x":1,"\\u006eame":"c","name":"d"}', { name: '"b"' }, '{"name":"b","x":1}'],
    ['{}', { name: '"b"' }, '{"name":"b"}'],
    [' { } ', { a: '1', b: '2' }, '{ "a":1,"b":2}'],
    ['{"x":1}', { 'a"': '[]' }, '{"x":1,"a\\"":[]}'],
    ['{"x":1}', { x: undefined }, '{}'],
    ['{"x":1,"y":2,"z":3}', { x: undefined }, '{"y":2,"z":3}'],
    ['{"x":1,"y":2,"z":3}', { y: undefined }, '{"x":1,"z":3}'],
    ['{"x":1,"y":2,"z":3}', { z: undefined }, '{"x":1,"y":2}'],
    ['{"x":1,"y":2,"x":3}', { x: undefined, y: '0', w: '4', v: undefined }, '{"y":0,"w":4}'],
    ['{"x":"ü","y":"😀"}', { x: '"€"' }, '{"x":"€","y":"😀"}'],
    ['{"a":"$&"}', { a: '"$1"' }, '{"a":"$1"}'],
  ])('%s with %j', (text, replacements, expected) => expect(splice(text, replacements)).toBe(expected));

  it('rewrites an object within a buffer, from the inside out', () => {
    const bytes = bytesOf(
      '{"id":1,"params":{"name":"demo__add","arguments":{"n":1.0},"_meta":{"progressToken":"client","x":1}}}',
    );
    const params = scanObject(bytes, scanObject(bytes).get('params'));
    const meta = scanObject(bytes, params.get('_meta'));
    const _meta = spliceMembers(bytes, meta, { progressToken: '7' });
    expect(spliceMembers(bytes, params, { name: '"add"', _meta })).toBe(
      '{"name":"add","arguments":{"n":1.0},"_meta":{"progressToken":7,"x":1}}',
    );
  });

  it('changes what it is told and nothing else', () => {
    const replacements = fc.dictionary(
      fc.constantFrom('id', 'result', 'error', 'method', '', '"', 'new'),
      fc.option(fc.json(), { nil: undefined }),
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(hostileObjectText, replacements, (text, changes) => {
        const bytes = bytesOf(text);
        const expected = new Map(parsedEntries(bytes.toString()));
        for (const [name, json] of Object.entries(changes)) {
          if (json === undefined) expected.delete(name);
          else expected.set(name, JSON.parse(json));
        }
        const spliced = spliceMembers(bytes, scanObject(bytes), changes);
        expect(parsedEntries(spliced)).toEqual([...expected].sort(byName));
        expect(
          [...scanObject(bytesOf(spliced)).all].filter(({ name }) => Object.hasOwn(changes, name)).length,
        ).toBe(Object.values(changes).filter((json) => json !== undefined).length);
      }),
      { numRuns: 1_000 },
    );
  });
});

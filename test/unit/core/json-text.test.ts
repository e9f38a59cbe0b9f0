import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { spliceMembers, textMembers } from '../../../src/core/json-scanner.js';
import { hostileObjectText, parsedEntries, textEntries } from './hostile-json.js';

describe('textMembers', () => {
  test('finds what JSON.parse finds, in whatever JSON.parse accepts', () => {
    fc.assert(
      fc.property(hostileObjectText, (text) => {
        expect(textEntries(text, textMembers(text))).toEqual(parsedEntries(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('of an object within a text, from its brace on', () => {
    fc.assert(
      fc.property(hostileObjectText, hostileObjectText, (inner, other) => {
        const text = `{"other":${other},"params":${inner},"last":${other}}`;
        const range = textMembers(text).get('params');
        expect(text.slice(range?.start, range?.end)).toBe(inner.trim());
        const members = textMembers(text, range?.start);
        expect(textEntries(text, members)).toEqual(parsedEntries(inner));
        expect(text.slice(members.object.start, members.object.end)).toBe(inner.trim());
      }),
    );
  });

  test('members are exchanged without a change to the others', () => {
    fc.assert(
      fc.property(hostileObjectText, fc.json(), (text, value) => {
        const spliced = spliceMembers(text, textMembers(text), { id: value, method: undefined });
        const expected = JSON.parse(text) as Record<string, unknown>;
        expected['id'] = JSON.parse(value);
        delete expected['method'];
        expect(JSON.parse(spliced)).toEqual(expected);
      }),
    );
  });

  test('of duplicates the last counts', () => {
    const text = '{"id":1,"\\u0069d":"two"}';
    const range = textMembers(text).get('id');
    expect(text.slice(range?.start, range?.end)).toBe('"two"');
  });
});

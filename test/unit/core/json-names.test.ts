import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { wellKnownName } from '../../../src/core/json-names.js';

const known = ['id', 'params', 'result', 'progressToken', 'structuredContent'];

describe('wellKnownName', () => {
  test.each(known)('knows "%s" wherever it stands', (name) => {
    expect(wellKnownName(Buffer.from(`{"${name}":1}`), 2, 2 + name.length)).toBe(name);
  });

  test('answers nothing but what stands there', () => {
    const name = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.constantFrom(...known), fc.nat(20), fc.string({ minLength: 1, maxLength: 1 }))
        .map(([text, at, char]) => {
          const place = at % text.length;
          return text.slice(0, place) + char + text.slice(place + 1);
        }),
    );
    fc.assert(
      fc.property(name, (text) => {
        const bytes = Buffer.from(text);
        expect([text, undefined]).toContain(wellKnownName(bytes, 0, bytes.length));
      }),
    );
  });
});

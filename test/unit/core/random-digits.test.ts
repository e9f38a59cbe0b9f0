import { expect, test } from '@jest/globals';

import { RandomDigits } from '../../../src/core/random-digits.js';

test('no digits are handed out twice, whatever their number', () => {
  const digits = new RandomDigits();
  const all = Array.from({ length: 3_000 }, (_, i) => digits.next(8 + (i % 9)));
  expect(all.every((text, i) => text.length === 2 * (8 + (i % 9)) && /^[0-9a-f]+$/.test(text))).toBe(true);
  expect(new Set(all.map((text) => text.slice(0, 16))).size).toBe(3_000);
});

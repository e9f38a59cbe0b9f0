import { expect, test } from '@jest/globals';

import { UsageError } from '../../../src/cli/command-line.js';
import { parseSince } from '../../../src/cli/since.js';

const now = Date.parse('2026-11-23T10:00:00Z');

test.each([
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31T12:00:00.250+02:00', '2026-01-31T10:00:00.250Z'],
  ['24h', '2026-11-22T10:00:00.000Z'],
  ['1mo', '2026-10-23T10:00:00.000Z'],
])('%s is %s', (text, moment) => {
  expect(parseSince(text, now).toISOString()).toBe(moment);
});

test.each([
  'yesterday',
  '2026',
  '2026-13-01',
  '2026-01-31 12:00',
  '2026-01-31T12:00',
  '0h',
  '-1h',
  '1700000000',
])('%s is refused', (text) => expect(() => parseSince(text, now)).toThrow(UsageError));

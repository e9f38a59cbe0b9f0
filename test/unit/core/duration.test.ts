import { describe, expect, it } from '@jest/globals';

import { addDuration, parseDuration, roughDurationMs, type Duration } from '../../../src/core/duration.js';

function duration(text: string): Duration {
  const parsed = parseDuration(text);
  if (parsed === null) throw new Error(`not a duration: ${text}`);
  return parsed;
}

const after = (from: string, text: string, times?: number): string =>
  new Date(addDuration(Date.parse(from), duration(text), times)).toISOString();

describe('duration', () => {
  it.each([
    ['30s', '2026-01-31T10:00:30.000Z'],
    ['30m', '2026-01-31T10:30:00.000Z'],
    ['30h', '2026-02-01T16:00:00.000Z'],
    ['30d', '2026-03-02T10:00:00.000Z'],
    ['1w', '2026-02-07T10:00:00.000Z'],
  ])('%s is exact', (text, expected) => {
    expect(after('2026-01-31T10:00:00.000Z', text)).toBe(expected);
  });

  it('counts calendar months and stops at the last day of a short one', () => {
    expect(after('2026-01-15T10:00:00.123Z', '1mo')).toBe('2026-02-15T10:00:00.123Z');
    expect(after('2026-01-31T10:00:00.000Z', '1mo')).toBe('2026-02-28T10:00:00.000Z');
    expect(after('2028-01-31T23:59:59.999Z', '1mo')).toBe('2028-02-29T23:59:59.999Z');
    expect(after('2026-11-30T00:00:00.000Z', '1mo', 3)).toBe('2027-02-28T00:00:00.000Z');
  });

  it('goes back in time', () => {
    expect(after('2026-03-31T10:00:00.000Z', '1mo', -1)).toBe('2026-02-28T10:00:00.000Z');
    expect(after('2026-01-02T00:00:00.000Z', '1d', -2)).toBe('2025-12-31T00:00:00.000Z');
  });

  it.each([
    '',
    '0d',
    '-1d',
    '1',
    'd',
    '1.5h',
    '1y',
    '1D',
    ' 1d',
    '1d ',
    '01d',
    '1d1h',
    '999999999999d',
    '1e3s',
  ])('refuses %j', (text) => expect(parseDuration(text)).toBeNull());

  it('allows what fits a hundred years', () => {
    expect(parseDuration('36500d')).toEqual({ count: 36500, unit: 'd' });
    expect(parseDuration('36601d')).toBeNull();
    expect(roughDurationMs(duration('2mo'))).toBe(62 * 86_400_000);
  });
});

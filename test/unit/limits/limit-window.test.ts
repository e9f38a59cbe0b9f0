import { describe, expect, it } from '@jest/globals';

import { budgetWindow } from '../../../src/core/budget-window.js';
import { dayWindow } from '../../../src/limits/limit-window.js';

const at = Date.parse;
const shown = ({ startMs, endMs }: { startMs: number; endMs: number | null }): (string | null)[] =>
  [startMs, endMs].map((ms) => (ms === null ? null : new Date(ms).toISOString().slice(0, 19)));

describe('dayWindow', () => {
  it.each([
    ['2026-11-23T00:00:00Z', '2026-11-23T00:00:00', '2026-11-24T00:00:00'],
    ['2026-11-23T23:59:59.999Z', '2026-11-23T00:00:00', '2026-11-24T00:00:00'],
    ['2026-11-24T00:30:00+01:00', '2026-11-23T00:00:00', '2026-11-24T00:00:00'],
  ])('%s is in the day from %s to %s UTC', (now, start, end) => {
    expect(shown(dayWindow(at(now)))).toEqual([start, end]);
  });
});

describe('budgetWindow', () => {
  const resetAt = (text: string): { budgetResetAtMs: number } => ({ budgetResetAtMs: at(text) });

  it('never ends without a duration', () => {
    expect(budgetWindow({}, at('2026-11-23T10:00:00Z'))).toEqual({ startMs: 0, endMs: null });
  });

  it.each([
    ['2026-11-30T12:00:00Z', '2026-11-01T12:00:00', '2026-12-01T12:00:00'],
    ['2026-12-01T11:59:59.999Z', '2026-11-01T12:00:00', '2026-12-01T12:00:00'],
    ['2026-12-01T12:00:00Z', '2026-12-01T12:00:00', '2026-12-31T12:00:00'],
    ['2027-03-02T00:00:00Z', '2027-03-01T12:00:00', '2027-03-31T12:00:00'],
    ['2026-09-02T11:00:00Z', '2026-08-03T12:00:00', '2026-09-02T12:00:00'],
  ])('30d at %s runs from %s to %s', (now, start, end) => {
    const limits = { budgetDuration: '30d', ...resetAt('2026-12-01T12:00:00Z') };
    expect(shown(budgetWindow(limits, at(now)))).toEqual([start, end]);
  });

  it('follows the calendar in months, however far', () => {
    const limits = { budgetDuration: '1mo', ...resetAt('2026-01-31T08:00:00Z') };
    expect(shown(budgetWindow(limits, at('2026-02-10T00:00:00Z')))).toEqual([
      '2026-01-31T08:00:00',
      '2026-02-28T08:00:00',
    ]);
    expect(shown(budgetWindow(limits, at('2036-07-01T00:00:00Z')))).toEqual([
      '2036-06-30T08:00:00',
      '2036-07-31T08:00:00',
    ]);
    expect(shown(budgetWindow(limits, at('2020-07-01T00:00:00Z')))).toEqual([
      '2020-06-30T08:00:00',
      '2020-07-31T08:00:00',
    ]);
  });

  it('resets at midnight UTC when no moment was set', () => {
    expect(shown(budgetWindow({ budgetDuration: '1d' }, at('2026-11-23T10:00:00Z')))).toEqual([
      '2026-11-23T00:00:00',
      '2026-11-24T00:00:00',
    ]);
  });
});

import { median } from './measure/statistics.mjs';

/**
 * A row of the table: one figure with what it must reach and what it aims at.
 * @typedef {{ title: string, value: number, unit: string, better: 'higher' | 'lower', must?: number, aim?: number }} Row
 */

export const atLeast = (title, value, unit, must, aim) => ({
  title,
  value,
  unit,
  better: 'higher',
  must,
  aim,
});
export const atMost = (title, value, unit, must, aim) => ({ title, value, unit, better: 'lower', must, aim });

/** The median over the rounds of one target's figure. */
export const middle = (cells, target, metric) =>
  median((cells.get(target) ?? []).map((cell) => cell[metric]));

/** The median over the rounds of the ratio between two targets in the same round. */
export function ratio(cells, metric, target, base) {
  const bases = cells.get(base) ?? [];
  return median((cells.get(target) ?? []).map((cell, round) => cell[metric] / bases[round]?.[metric]));
}

const reaches = (row, goal) => (row.better === 'higher' ? row.value >= goal : row.value <= goal);

/** `aim`: as good as hoped; `pass`: what must be; `FAIL`; `-`: nothing was measured, or nothing is asked. */
export function verdict(row) {
  if (!Number.isFinite(row.value) || row.must === undefined) return '-';
  if (!reaches(row, row.must)) return 'FAIL';
  return row.aim !== undefined && reaches(row, row.aim) ? 'aim' : 'pass';
}

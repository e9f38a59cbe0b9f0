import { addDuration, parseDuration, roughDurationMs } from './duration.js';
import type { LimitSettings } from './limits.js';

/** A stretch of time in which something lasting is counted. */
export interface LimitWindow {
  readonly startMs: number;
  /** null: it never ends. */
  readonly endMs: number | null;
}

/**
 * The period a budget is in: whole durations before and after `budgetResetAtMs`, so that every replica finds the same
 * one without asking another. Its `endMs` is LiteLLM's `budget_reset_at`.
 */
export function budgetWindow(
  limits: Pick<LimitSettings, 'budgetDuration' | 'budgetResetAtMs'>,
  nowMs: number,
): LimitWindow {
  const duration = limits.budgetDuration === undefined ? null : parseDuration(limits.budgetDuration);
  if (duration === null) return { startMs: 0, endMs: null };
  const anchorMs = limits.budgetResetAtMs ?? 0;
  let step = Math.floor((nowMs - anchorMs) / roughDurationMs(duration));
  // Months are shorter than the rough guess: go on (or back) to the period that holds `nowMs`.
  while (addDuration(anchorMs, duration, step + 1) <= nowMs) step += 1;
  while (addDuration(anchorMs, duration, step) > nowMs) step -= 1;
  return { startMs: addDuration(anchorMs, duration, step), endMs: addDuration(anchorMs, duration, step + 1) };
}

/** Counts of a period that is over are kept this long for those who look at them. */
const keptMs = 2 * 86_400_000;
const forEver = new Date('9999-01-01T00:00:00Z');

/** After this the count of a window may be removed. */
export function keptUntil({ endMs }: LimitWindow): Date {
  return endMs === null ? forEver : new Date(endMs + keptMs);
}

import { addDuration, parseDuration, roughDurationMs } from '../core/duration.js';
import type { LimitSettings } from '../core/limits.js';
import type { LimitRule } from './limit-rule.js';

/** A stretch of time in which something lasting is counted. */
export interface LimitWindow {
  readonly startMs: number;
  /** null: it never ends. */
  readonly endMs: number | null;
}

const dayMs = 86_400_000;

/** The day in UTC. */
export function dayWindow(nowMs: number): LimitWindow {
  const startMs = Math.floor(nowMs / dayMs) * dayMs;
  return { startMs, endMs: startMs + dayMs };
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

/** The window a lasting rule is counted in now. */
export function windowOf(rule: LimitRule, nowMs: number): LimitWindow {
  return rule.name === 'mcp_calls_per_day' ? dayWindow(nowMs) : budgetWindow(rule.level.limits, nowMs);
}

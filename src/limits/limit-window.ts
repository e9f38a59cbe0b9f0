import { budgetWindow, type LimitWindow } from '../core/budget-window.js';
import type { LimitRule } from './limit-rule.js';

const dayMs = 86_400_000;

/** The day in UTC. */
export function dayWindow(nowMs: number): LimitWindow {
  const startMs = Math.floor(nowMs / dayMs) * dayMs;
  return { startMs, endMs: startMs + dayMs };
}

/** The window a lasting rule is counted in now. */
export function windowOf(rule: LimitRule, nowMs: number): LimitWindow {
  return rule.name === 'mcp_calls_per_day' ? dayWindow(nowMs) : budgetWindow(rule.level.limits, nowMs);
}

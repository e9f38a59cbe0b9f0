import { parseDuration, roughDurationMs } from '../core/duration.js';
import type { LimitSettings } from '../core/limits.js';
import { matchesWildcard } from '../core/wildcard.js';

/*
 * Whether one model list or one set of limits gives nothing that another does not give. What cannot be shown to be
 * narrower counts as wider.
 */

const anyWithin = (inner: string, outers: readonly string[]): boolean =>
  // A wildcard of `inner` is ordinary text to `outer`, so only a wildcard can take it in.
  outers.some((outer) => matchesWildcard(outer, inner));

/** A model list; an empty one means all models. */
export function modelsWithin(inner: readonly string[], outer: readonly string[]): boolean {
  if (outer.length === 0) return true;
  return inner.length > 0 && inner.every((model) => anyWithin(model, outer));
}

/** Names of the limits of `outer` that none of `inners` keeps. */
export function limitsExceeded(inners: readonly LimitSettings[], outer: LimitSettings): string[] {
  const exceeded: string[] = [];
  const check = (name: string, isKept: (inner: LimitSettings) => boolean): void => {
    if (!inners.some(isKept)) exceeded.push(name);
  };
  for (const [name, field] of numericLimits) {
    const most = outer[field];
    if (most !== undefined) check(name, (inner) => (inner[field] ?? Infinity) <= most);
  }
  for (const [server, most] of Object.entries(outer.mcpRpmLimit ?? {})) {
    check('mcp_rpm_limit', ({ mcpRpmLimit = {} }) => {
      const limit = Object.hasOwn(mcpRpmLimit, server) ? mcpRpmLimit[server] : undefined;
      return limit !== undefined && limit <= most;
    });
  }
  if (outer.maxBudget !== undefined) check('max_budget', (inner) => budgetWithin(inner, outer));
  return [...new Set(exceeded)];
}

const numericLimits = [
  ['rpm_limit', 'rpmLimit'],
  ['tpm_limit', 'tpmLimit'],
  ['max_parallel_requests', 'maxParallelRequests'],
  ['mcp_calls_per_day', 'mcpCallsPerDay'],
] as const;

/** As much money or less, renewed as seldom or less. A budget without a duration is never renewed. */
function budgetWithin(inner: LimitSettings, outer: LimitSettings): boolean {
  if (inner.maxBudget === undefined || inner.maxBudget > (outer.maxBudget ?? Infinity)) return false;
  return periodMs(inner.budgetDuration) >= periodMs(outer.budgetDuration);
}

function periodMs(text: string | undefined): number {
  const duration = text === undefined ? null : parseDuration(text);
  return duration === null ? Infinity : roughDurationMs(duration);
}

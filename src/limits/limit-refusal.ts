import { GatewayError } from '../core/errors.js';
import type { LimitName, LimitRule } from './limit-rule.js';

/** Why a request was not admitted. */
export interface Refusal {
  readonly rule: LimitRule;
  /** `reached`: used up. `unknown`: it cannot be told, and for money that means no. */
  readonly reason: 'reached' | 'unknown';
  /** Epoch milliseconds; null when no moment is known (parallel requests, budgets without a duration). */
  readonly resetsAtMs: number | null;
}

const daySeconds = 86_400;

/** How a limit reads, e.g. `200 calls/day`. */
const amountOf = {
  rpm_limit: ({ limit }) => `${limit} requests/minute`,
  tpm_limit: ({ limit }) => `${limit} tokens/minute`,
  max_parallel_requests: ({ limit }) => `${limit} parallel requests`,
  mcp_rpm_limit: ({ limit, upstream }) => `${limit} calls/minute to ${upstream ?? ''}`,
  mcp_calls_per_day: ({ limit }) => `${limit} calls/day`,
  max_budget: ({ limit, level }) =>
    `$${limit}${level.limits.budgetDuration === undefined ? '' : ` per ${level.limits.budgetDuration}`}`,
} as const satisfies Record<LimitName, (rule: LimitRule) => string>;

/**
 * The error a client gets: it names the limit, whose it is and when it resets, so that a person or a model knows whether
 * to wait, to do less or to ask for more.
 */
export function toLimitError({ rule, reason, resetsAtMs }: Refusal, nowMs: number): GatewayError {
  const limit = `limit ${amountOf[rule.name](rule)} for ${rule.level.label}`;
  const isBudget = rule.name === 'max_budget';
  const data = {
    limit: rule.name,
    level: rule.level.kind,
    ...(resetsAtMs === null ? {} : { resets_at: new Date(resetsAtMs).toISOString() }),
  };
  if (reason === 'unknown') {
    const message = `The budget cannot be checked right now (${limit}). Try again shortly.`;
    return new GatewayError('LIMITER_UNAVAILABLE', { message, retryAfterSeconds: 1, data });
  }
  const message = `${isBudget ? 'Budget used up' : 'Rate limit reached'}: ${limit}, ${resetText(rule, resetsAtMs, nowMs)}.`;
  if (resetsAtMs === null) {
    // A slot may be free at any moment; a budget for ever comes back only when somebody raises it.
    return isBudget
      ? new GatewayError('BUDGET_EXCEEDED', { message, data, retryAfterSeconds: daySeconds })
      : new GatewayError('RATE_LIMITED', { message, data, retryAfterSeconds: 1 });
  }
  const retryAfterSeconds = Math.max(1, Math.ceil((resetsAtMs - nowMs) / 1000));
  return new GatewayError(isBudget ? 'BUDGET_EXCEEDED' : 'RATE_LIMITED', {
    message,
    data,
    retryAfterSeconds,
  });
}

function resetText(rule: LimitRule, resetsAtMs: number | null, nowMs: number): string {
  if (resetsAtMs === null) {
    return rule.name === 'max_budget' ? 'does not reset' : 'try again when one of them has ended';
  }
  if (rule.name === 'mcp_calls_per_day') return 'resets 00:00 UTC';
  if (rule.name === 'max_budget') {
    return `resets ${new Date(resetsAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  }
  return `resets in ${Math.max(1, Math.ceil((resetsAtMs - nowMs) / 1000))} s`;
}

import type { GatewayError } from '../../core/errors.js';
import type { Principal } from '../../core/principal.js';

/** A request for a model, before it is sent. */
export interface UsageRequest {
  /** The model name the client asked for. */
  readonly model: string;
  /** Ends the request with this error: its key has ended, or the gateway stops. */
  readonly stop: (error: GatewayError) => void;
}

/** What one answer of a provider used. A tool loop reports one per round. */
export interface UsageReport {
  /** The model name whose deployment answered: the one asked for, or its fallback. */
  readonly model: string;
  readonly deploymentId: string;
  readonly provider: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars, from the prices of the deployment. */
  readonly costUsd: number;
  /** True when the provider did not say and the gateway counted by size. */
  readonly estimated: boolean;
}

export type CompletionOutcome = 'success' | 'error' | 'cancelled' | 'limited';

/** A request that was let in. Held until the answer is over. */
export interface UsageLease {
  /** Asked before every further model round of a tool loop. Throws BUDGET_EXCEEDED or RATE_LIMITED when it is enough. */
  check(): void | Promise<void>;
  settle(report: UsageReport): void;
  /** Exactly once, when everything is over. A request of which nothing was settled counts as a failed call. */
  end(outcome: CompletionOutcome): void;
}

/** Limits, budgets and spend of completions; bound in the composition root. */
export interface UsagePort {
  /** Throws BUDGET_EXCEEDED or RATE_LIMITED (429, with the reset time) instead of letting the request in. */
  begin(principal: Principal, request: UsageRequest): UsageLease | Promise<UsageLease>;
}

/** Nest token of `UsagePort`. */
export const USAGE_PORT = Symbol('UsagePort');

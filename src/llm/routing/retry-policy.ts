import type { GatewayError } from '../../core/errors.js';
import type { FailureWeight } from './deployment-state.js';

/**
 * What a failed try means:
 * `final`: the request is at fault, nobody else would answer otherwise;
 * `elsewhere`: this deployment cannot, another one may;
 * `again`: it may pass, the same deployment may be asked once more.
 */
export type Verdict = 'final' | 'elsewhere' | 'again';

export interface Judgement {
  readonly verdict: Verdict;
  readonly weight: FailureWeight;
}

const firstBackoffMs = 250;
const longestBackoffMs = 8_000;

/** Longer than this nobody is kept waiting: the client gets the answer and its `Retry-After`. */
export const longestWaitMs = 10_000;

/** A provider's error status. */
export function judgeStatus(status: number): Judgement {
  if (status === 401) return { verdict: 'elsewhere', weight: 'sure' };
  if (status === 403 || status === 404) return { verdict: 'elsewhere', weight: 'none' };
  if (status === 429) return { verdict: 'again', weight: 'sure' };
  if (status === 408 || status === 409) return { verdict: 'again', weight: 'none' };
  if (status >= 500) return { verdict: 'again', weight: 'perhaps' };
  return { verdict: status < 400 ? 'elsewhere' : 'final', weight: 'none' };
}

/** No answer at all, or one that cannot be used. */
export function judgeError(error: GatewayError): Judgement {
  switch (error.code) {
    case 'UPSTREAM_UNAVAILABLE':
      return { verdict: 'again', weight: isNobodyThere(error.cause) ? 'sure' : 'perhaps' };
    case 'UPSTREAM_TIMEOUT':
      // Waiting as long again for the same deployment would double the time a client must allow for.
      return { verdict: 'elsewhere', weight: 'perhaps' };
    case 'UPSTREAM_INVALID_RESPONSE':
      return { verdict: 'elsewhere', weight: 'perhaps' };
    default:
      return { verdict: 'final', weight: 'none' };
  }
}

const nobodyThere = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'HTTP_CONNECT_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function isNobodyThere(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string' && nobodyThere.has(error.code)) return true;
    if (error instanceof AggregateError && error.errors.some(isNobodyThere)) return true;
  }
  return false;
}

/** Milliseconds before the same deployment is asked again, spread so that clients do not come back all at once. */
export function backoffMs(tries: number, retryAfterSeconds: number | null): number {
  if (retryAfterSeconds !== null) return retryAfterSeconds * 1000;
  const full = Math.min(longestBackoffMs, firstBackoffMs * 2 ** tries);
  return full * (0.5 + Math.random() / 2);
}

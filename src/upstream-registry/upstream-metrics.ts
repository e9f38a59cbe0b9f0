import type { ErrorCode } from '../core/errors.js';

/** Told of every call to an upstream once it is over; must cost next to nothing. */
export interface UpstreamMetrics {
  /** @param outcome `answered`, also with a JSON-RPC error, or what went wrong */
  record(upstream: string, outcome: 'answered' | ErrorCode, durationMs: number): void;
}

export const UPSTREAM_METRICS = Symbol('UPSTREAM_METRICS');

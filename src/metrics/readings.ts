import type { UpstreamState } from '../core/upstream.js';

/** What rooms can tell when Prometheus asks; each tells what it knows and leaves out the rest. */
export interface MetricsReadings {
  /** Open sessions by the transport of the client. */
  readonly sessions?: Readonly<Partial<Record<'http' | 'sse', number>>>;
  /** Calls that have come in and are not answered. */
  readonly callsInFlight?: number;
  readonly upstreams?: readonly UpstreamReading[];
  /** Audit rows that are not written yet. */
  readonly auditBacklog?: number;
  readonly limiter?: LimiterReading;
  /** Usage rows that are not written yet. */
  readonly usageBacklog?: number;
}

export interface UpstreamReading {
  readonly name: string;
  readonly state: UpstreamState;
  readonly inFlight: number;
  readonly queued: number;
  readonly tools: number;
  readonly withheldTools: number;
}

export interface LimiterReading {
  readonly store: 'memory' | 'redis';
  /** false while Redis is away: rates are open and budgets closed. */
  readonly isAvailable: boolean;
  /** Requests let through unchecked because Redis was away. */
  readonly failedOpen: number;
  /** Requests refused, by the name of the limit. */
  readonly refused: Readonly<Record<string, number>>;
  /** Counters held in memory. */
  readonly counters: number;
  /** Lasting counters with something that is not in Postgres yet. */
  readonly pendingWrites: number;
}

/** Asked at every scrape; must be quick and must not wait. */
export type MetricsSource = () => MetricsReadings;

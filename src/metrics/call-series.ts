import type { AuditOutcome } from '../core/audit-entry.js';
import { DurationHistogram, durationBoundsMs } from './duration-histogram.js';

/** Where a call came in. */
export const surfaces = ['mcp_http', 'mcp_sse', 'mcp_stateless', 'rest', 'completion'] as const;
export type Surface = (typeof surfaces)[number];

const outcomeIndex = {
  success: 0,
  tool_error: 1,
  error: 2,
  denied: 3,
  cancelled: 4,
  limited: 5,
} as const satisfies Record<AuditOutcome, number>;
const outcomes = Object.keys(outcomeIndex) as AuditOutcome[];

const surfaceIndex: Readonly<Record<Surface, number>> = {
  mcp_http: 0,
  mcp_sse: 1,
  mcp_stateless: 2,
  rest: 3,
  completion: 4,
};

/** All that is counted of the calls to one upstream. */
export class CallSeries {
  readonly #counts = new Float64Array(surfaces.length * outcomes.length);
  readonly #total = new DurationHistogram();
  readonly #upstream = new DurationHistogram();

  constructor(readonly upstream: string) {}

  record(
    surface: Surface,
    outcome: AuditOutcome,
    durationMs: number,
    upstreamDurationMs: number | null,
  ): void {
    const cell = surfaceIndex[surface] * outcomes.length + outcomeIndex[outcome];
    this.#counts[cell] = (this.#counts[cell] ?? 0) + 1;
    this.#total.observe(durationMs);
    if (upstreamDurationMs !== null) this.#upstream.observe(upstreamDurationMs);
  }

  /** Lines of `toolgate_calls_total`; what never happened has none. */
  countLines(): string[] {
    const upstream = escapeLabel(this.upstream);
    return surfaces.flatMap((surface, s) =>
      outcomes.flatMap((outcome, o) => {
        const count = this.#counts[s * outcomes.length + o] ?? 0;
        if (count === 0) return [];
        return [
          `toolgate_calls_total{surface="${surface}",upstream="${upstream}",outcome="${outcome}"} ${count}`,
        ];
      }),
    );
  }

  totalLines(): string[] {
    return histogramLines('toolgate_call_duration_seconds', this.upstream, this.#total);
  }

  upstreamLines(): string[] {
    return histogramLines('toolgate_upstream_duration_seconds', this.upstream, this.#upstream);
  }
}

function histogramLines(name: string, upstream: string, histogram: DurationHistogram): string[] {
  const label = `upstream="${escapeLabel(upstream)}"`;
  const counts = histogram.cumulative();
  const total = counts.at(-1) ?? 0;
  if (total === 0) return [];
  return [
    ...counts.map((count, index) => {
      const bound = durationBoundsMs[index];
      return `${name}_bucket{${label},le="${bound === undefined ? '+Inf' : bound / 1000}"} ${count}`;
    }),
    `${name}_sum{${label}} ${histogram.sumSeconds}`,
    `${name}_count{${label}} ${total}`,
  ];
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details */
function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

import { Injectable, Logger } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';

import type { AuditOutcome } from '../core/audit-entry.js';
import { CallSeries, type Surface } from './call-series.js';
import { registerReadings } from './gauges.js';
import { processMetrics } from './process-metrics.js';
import type { MetricsReadings, MetricsSource } from './readings.js';

/** The upstream of calls that reached none, or one that the configuration does not name. */
const otherUpstream = 'other';

/** The only writer of metrics. Recording is a few array writes; all else happens when Prometheus asks. */
@Injectable()
export class MetricsService {
  readonly #logger = new Logger('Metrics');
  readonly #registry = new Registry();
  readonly #sources = new Set<MetricsSource>();
  readonly #other = new CallSeries(otherUpstream);
  #series = new Map<string, CallSeries>();
  readonly #reloads = new Counter({
    name: 'toolgate_config_reloads_total',
    help: 'Changes of the configuration file, by what became of them.',
    labelNames: ['result'],
    registers: [this.#registry],
  });
  readonly #toolChanges = new Counter({
    name: 'toolgate_tool_changes_total',
    help: 'Tools that an upstream had new or with another definition than before.',
    labelNames: ['upstream'],
    registers: [this.#registry],
  });
  #readings: MetricsReadings = {};

  constructor() {
    registerReadings(this.#registry, () => this.#readings);
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  /**
   * Names the configured upstreams; series of others end. Until it is called every call counts as `other`, so that no
   * text from a client can make a series.
   */
  setUpstreams(names: Iterable<string>): void {
    const known = new Map([...this.#series, [otherUpstream, this.#other]]);
    const before = this.#series;
    this.#series = new Map(Array.from(names, (name) => [name, known.get(name) ?? new CallSeries(name)]));
    for (const upstream of before.keys())
      if (!this.#series.has(upstream)) this.#toolChanges.remove({ upstream });
    for (const upstream of this.#series.keys()) this.#toolChanges.inc({ upstream }, 0);
  }

  /** One finished call. `upstream` is null when none was found; durations in milliseconds. */
  recordCall(
    surface: Surface,
    upstream: string | null,
    outcome: AuditOutcome,
    durationMs: number,
    upstreamDurationMs: number | null,
  ): void {
    const series = upstream === null ? undefined : this.#series.get(upstream);
    (series ?? this.#other).record(surface, outcome, durationMs, upstreamDurationMs);
  }

  recordReload(result: 'applied' | 'rejected' | 'unchanged'): void {
    this.#reloads.inc({ result });
  }

  /** Tools of an upstream that came new or changed. */
  recordToolChanges(upstream: string, count: number): void {
    if (this.#series.has(upstream)) this.#toolChanges.inc({ upstream }, count);
  }

  /** Has `source` asked at every scrape until the returned function is called. */
  addSource(source: MetricsSource): () => void {
    this.#sources.add(source);
    return () => this.#sources.delete(source);
  }

  /** Everything in Prometheus' text format 0.0.4. */
  async text(): Promise<string> {
    this.#readings = this.#read();
    const parts = await Promise.all([this.#registry.metrics(), processMetrics().metrics()]);
    return [this.#callText(), ...parts].join('\n');
  }

  /** A source that fails costs its own readings, never the scrape. */
  #read(): MetricsReadings {
    let readings: MetricsReadings = {};
    for (const source of this.#sources) {
      try {
        readings = { ...readings, ...source() };
      } catch (error) {
        this.#logger.warn('a source of metrics failed', error);
      }
    }
    return readings;
  }

  #callText(): string {
    const all = [...new Set([...this.#series.values(), this.#other])];
    return [
      '# HELP toolgate_calls_total Calls by surface, upstream and outcome.',
      '# TYPE toolgate_calls_total counter',
      ...all.flatMap((series) => series.countLines()),
      '',
      '# HELP toolgate_call_duration_seconds From the arrival of a call to its answer.',
      '# TYPE toolgate_call_duration_seconds histogram',
      ...all.flatMap((series) => series.totalLines()),
      '',
      '# HELP toolgate_upstream_duration_seconds What of it was spent waiting for the upstream.',
      '# TYPE toolgate_upstream_duration_seconds histogram',
      ...all.flatMap((series) => series.upstreamLines()),
      '',
    ].join('\n');
  }
}

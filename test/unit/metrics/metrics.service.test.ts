import { describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { MetricsService } from '../../../src/metrics/metrics.service.js';

/** The value of one series in Prometheus text; undefined when it is not there. */
function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

describe('MetricsService', () => {
  it('counts calls by surface, upstream and outcome', async () => {
    const metrics = new MetricsService();
    metrics.setUpstreams(['github']);
    metrics.recordCall('mcp_http', 'github', 'success', 3, 2);
    metrics.recordCall('mcp_http', 'github', 'success', 3, 2);
    metrics.recordCall('rest', 'github', 'error', 30, 20);
    const text = await metrics.text();
    expect(
      valueOf(text, 'toolgate_calls_total{surface="mcp_http",upstream="github",outcome="success"}'),
    ).toBe(2);
    expect(valueOf(text, 'toolgate_calls_total{surface="rest",upstream="github",outcome="error"}')).toBe(1);
    expect(text).not.toContain('outcome="denied"');
  });

  it('sorts durations into buckets that add up', async () => {
    const metrics = new MetricsService();
    metrics.setUpstreams(['github']);
    for (const ms of [0.5, 1, 7, 400, 90_000]) metrics.recordCall('mcp_sse', 'github', 'success', ms, ms / 2);
    metrics.recordCall('mcp_sse', 'github', 'denied', Number.NaN, null);
    const text = await metrics.text();
    const bucket = (name: string, le: string): number | undefined =>
      valueOf(text, `${name}_bucket{upstream="github",le="${le}"}`);
    expect(bucket('toolgate_call_duration_seconds', '0.001')).toBe(2);
    expect(bucket('toolgate_call_duration_seconds', '0.01')).toBe(3);
    expect(bucket('toolgate_call_duration_seconds', '0.5')).toBe(4);
    expect(bucket('toolgate_call_duration_seconds', '60')).toBe(4);
    expect(bucket('toolgate_call_duration_seconds', '+Inf')).toBe(5);
    expect(valueOf(text, 'toolgate_call_duration_seconds_count{upstream="github"}')).toBe(5);
    expect(valueOf(text, 'toolgate_call_duration_seconds_sum{upstream="github"}')).toBeCloseTo(90.4085);
    expect(bucket('toolgate_upstream_duration_seconds', '60')).toBe(5);
  });

  it('never makes a series of a name that is not configured', async () => {
    const metrics = new MetricsService();
    metrics.setUpstreams(['github', 'other']);
    for (let i = 0; i < 500; i += 1) metrics.recordCall('rest', `made-up-${i}"} 1\n`, 'denied', 1, null);
    metrics.recordCall('rest', null, 'denied', 1, null);
    metrics.recordCall('rest', 'other', 'denied', 1, null);
    const text = await metrics.text();
    expect(text).not.toContain('made-up');
    expect(valueOf(text, 'toolgate_calls_total{surface="rest",upstream="other",outcome="denied"}')).toBe(502);
    expect(text.match(/^toolgate_calls_total/gm)).toHaveLength(1);
  });

  it('keeps the counts of an upstream over a reload and ends those of a removed one', async () => {
    const metrics = new MetricsService();
    metrics.setUpstreams(['stays', 'goes']);
    metrics.recordCall('rest', 'stays', 'success', 1, 1);
    metrics.recordCall('rest', 'goes', 'success', 1, 1);
    metrics.setUpstreams(['stays', 'comes']);
    metrics.recordReload('applied');
    metrics.recordReload('rejected');
    const text = await metrics.text();
    expect(valueOf(text, 'toolgate_calls_total{surface="rest",upstream="stays",outcome="success"}')).toBe(1);
    expect(text).not.toContain('goes');
    expect(valueOf(text, 'toolgate_config_reloads_total{result="applied"}')).toBe(1);
    expect(valueOf(text, 'toolgate_config_reloads_total{result="rejected"}')).toBe(1);
  });

  it('asks its sources at every scrape', async () => {
    const metrics = new MetricsService();
    let sessions = 3;
    const stop = metrics.addSource(() => ({
      sessions: { http: sessions },
      callsInFlight: 2,
      auditBacklog: 7,
    }));
    metrics.addSource(() => ({
      usageBacklog: 1,
      upstreams: [{ name: 'github', state: 'down', inFlight: 4, queued: 5, tools: 6, withheldTools: 2 }],
      limiter: {
        store: 'redis',
        isAvailable: false,
        failedOpen: 9,
        refused: { rpm_limit: 8 },
        counters: 10,
        pendingWrites: 11,
      },
    }));
    const first = await metrics.text();
    for (const [series, value] of [
      ['toolgate_sessions{transport="http"}', 3],
      ['toolgate_calls_in_flight', 2],
      ['toolgate_audit_backlog', 7],
      ['toolgate_usage_backlog', 1],
      ['toolgate_upstream_state{upstream="github",state="down"}', 1],
      ['toolgate_upstream_state{upstream="github",state="ready"}', 0],
      ['toolgate_upstream_in_flight{upstream="github"}', 4],
      ['toolgate_upstream_queued{upstream="github"}', 5],
      ['toolgate_upstream_tools{upstream="github"}', 6],
      ['toolgate_limiter_available{store="redis"}', 0],
      ['toolgate_limiter_failed_open_total', 9],
      ['toolgate_limit_refusals_total{limit="rpm_limit"}', 8],
      ['toolgate_limit_counters', 10],
      ['toolgate_limit_pending_writes', 11],
    ] as const) {
      expect([series, valueOf(first, series)]).toEqual([series, value]);
    }
    sessions = 4;
    expect(valueOf(await metrics.text(), 'toolgate_sessions{transport="http"}')).toBe(4);
    stop();
    expect(valueOf(await metrics.text(), 'toolgate_sessions{transport="http"}')).toBeUndefined();
  });

  it('answers though a source fails', async () => {
    Logger.overrideLogger(false);
    const metrics = new MetricsService();
    metrics.addSource(() => {
      throw new Error('closed');
    });
    metrics.addSource(() => ({ callsInFlight: 1 }));
    expect(valueOf(await metrics.text(), 'toolgate_calls_in_flight')).toBe(1);
  });

  it('is text that Prometheus can read, process and event loop included', async () => {
    const metrics = new MetricsService();
    metrics.setUpstreams(['a.b-c_d']);
    metrics.recordCall('completion', 'a.b-c_d', 'cancelled', 1e-7, 1e9);
    const text = await metrics.text();
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    const names = new Map<string, string>();
    for (const line of text.split('\n').filter((candidate) => candidate !== '')) {
      const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
      if (type !== null) {
        expect(names.has(type[1] ?? '')).toBe(false);
        names.set(type[1] ?? '', type[2] ?? '');
      } else if (!line.startsWith('# HELP ')) {
        expect(line).toMatch(
          /^[a-z_][a-z0-9_]*(\{([a-z_]+="[^"]*",?)*\})? (NaN|[+-]?Inf|-?[\d.]+(e[+-]?\d+)?)$/i,
        );
      }
    }
  });
});

import { Counter, Gauge, type Registry } from 'prom-client';

import type { UpstreamState } from '../core/upstream.js';
import type { MetricsReadings } from './readings.js';

const upstreamStates: readonly UpstreamState[] = [
  'connecting',
  'ready',
  'degraded',
  'down',
  'rejected_credentials',
  'disabled',
];

/** One measurement read at a scrape: its labels and its value. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

interface Family {
  readonly kind: 'gauge' | 'counter';
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: (readings: MetricsReadings) => readonly Sample[];
}

const single = (value: number | undefined): readonly Sample[] => (value === undefined ? [] : [[{}, value]]);

const families: readonly Family[] = [
  {
    kind: 'gauge',
    name: 'toolgate_sessions',
    help: 'Open client sessions by transport.',
    labels: ['transport'],
    read: ({ sessions = {} }) => Object.entries(sessions).map(([transport, count]) => [{ transport }, count]),
  },
  {
    kind: 'gauge',
    name: 'toolgate_calls_in_flight',
    help: 'Calls that are not answered yet.',
    read: ({ callsInFlight }) => single(callsInFlight),
  },
  {
    kind: 'gauge',
    name: 'toolgate_upstream_state',
    help: 'State of each upstream: 1 for the one it is in.',
    labels: ['upstream', 'state'],
    read: ({ upstreams = [] }) =>
      upstreams.flatMap(({ name, state: current }) =>
        upstreamStates.map((state): Sample => [{ upstream: name, state }, state === current ? 1 : 0]),
      ),
  },
  {
    kind: 'gauge',
    name: 'toolgate_upstream_in_flight',
    help: 'Requests an upstream has not answered yet.',
    labels: ['upstream'],
    read: ({ upstreams = [] }) => upstreams.map(({ name, inFlight }) => [{ upstream: name }, inFlight]),
  },
  {
    kind: 'gauge',
    name: 'toolgate_upstream_queued',
    help: 'Requests waiting for their turn at an upstream.',
    labels: ['upstream'],
    read: ({ upstreams = [] }) => upstreams.map(({ name, queued }) => [{ upstream: name }, queued]),
  },
  {
    kind: 'gauge',
    name: 'toolgate_upstream_tools',
    help: 'Tools in the last known good catalog of an upstream.',
    labels: ['upstream'],
    read: ({ upstreams = [] }) => upstreams.map(({ name, tools }) => [{ upstream: name }, tools]),
  },
  {
    kind: 'gauge',
    name: 'toolgate_upstream_tools_withheld',
    help: 'Tools of a pinned upstream that wait for approval.',
    labels: ['upstream'],
    read: ({ upstreams = [] }) =>
      upstreams.map(({ name, withheldTools }) => [{ upstream: name }, withheldTools]),
  },
  {
    kind: 'gauge',
    name: 'toolgate_audit_backlog',
    help: 'Audit rows that are not written yet.',
    read: ({ auditBacklog }) => single(auditBacklog),
  },
  {
    kind: 'gauge',
    name: 'toolgate_usage_backlog',
    help: 'Usage rows that are not written yet.',
    read: ({ usageBacklog }) => single(usageBacklog),
  },
  {
    kind: 'gauge',
    name: 'toolgate_limiter_available',
    help: '1 while the store of the limits answers; 0: rates are open and budgets closed.',
    labels: ['store'],
    read: ({ limiter }) => (limiter ? [[{ store: limiter.store }, limiter.isAvailable ? 1 : 0]] : []),
  },
  {
    kind: 'counter',
    name: 'toolgate_limiter_failed_open_total',
    help: 'Requests let through unchecked because the store of the limits was away.',
    read: ({ limiter }) => single(limiter?.failedOpen),
  },
  {
    kind: 'counter',
    name: 'toolgate_limit_refusals_total',
    help: 'Requests refused, by the limit that was reached.',
    labels: ['limit'],
    read: ({ limiter }) => Object.entries(limiter?.refused ?? {}).map(([limit, count]) => [{ limit }, count]),
  },
  {
    kind: 'gauge',
    name: 'toolgate_limit_counters',
    help: 'Counters of limits held in memory.',
    read: ({ limiter }) => single(limiter?.counters),
  },
  {
    kind: 'gauge',
    name: 'toolgate_limit_pending_writes',
    help: 'Lasting counters with something that is not in the database yet.',
    read: ({ limiter }) => single(limiter?.pendingWrites),
  },
];

/** Registers a metric for every family; each is read anew at a scrape, so that nothing of the past stays behind. */
export function registerReadings(registry: Registry, read: () => MetricsReadings): void {
  for (const family of families) {
    const shared = {
      name: family.name,
      help: family.help,
      labelNames: [...(family.labels ?? [])],
      registers: [registry],
    };
    if (family.kind === 'gauge') {
      new Gauge({
        ...shared,
        collect() {
          this.reset();
          for (const [labels, value] of family.read(read())) this.set(labels, value);
        },
      });
    } else {
      new Counter({
        ...shared,
        collect() {
          this.reset();
          for (const [labels, value] of family.read(read())) this.inc(labels, value);
        },
      });
    }
  }
}

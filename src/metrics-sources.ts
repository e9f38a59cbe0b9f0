import type { INestApplication } from '@nestjs/common';

import { AuditService } from './audit/audit.service.js';
import { InFlightCalls } from './gateway/in-flight-calls.js';
import { LimiterService } from './limits/limiter.service.js';
import { UsageService } from './limits/usage.service.js';
import { SessionRegistry } from './mcp/session-registry.service.js';
import { MetricsService } from './metrics/metrics.service.js';
import { UpstreamRegistry } from './upstream-registry/upstream-registry.service.js';

/** What the rooms tell when metrics are asked for. */
export function addMetricsSources(app: INestApplication): void {
  const audit = app.get(AuditService);
  const calls = app.get(InFlightCalls);
  const limiter = app.get(LimiterService);
  const registry = app.get(UpstreamRegistry);
  const sessions = app.get(SessionRegistry);
  const usage = app.get(UsageService);
  app.get(MetricsService).addSource(() => ({
    auditBacklog: audit.backlog,
    callsInFlight: calls.count,
    limiter: limiter.state,
    sessions: sessions.counts(),
    upstreams: registry.list().map((upstream) => {
      const { state, inFlight, queued, toolCount, withheldTools } = upstream.status();
      return { name: upstream.config.name, state, inFlight, queued, tools: toolCount, withheldTools };
    }),
    usageBacklog: usage.backlog,
  }));
}

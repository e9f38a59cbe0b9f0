import { Injectable } from '@nestjs/common';

import { AuditService } from '../audit/audit.service.js';
import type { AuditEntry, AuditOutcome } from '../core/audit-entry.js';
import { UsageService } from '../limits/usage.service.js';
import { MetricsService } from '../metrics/metrics.service.js';
import type { Caller } from './caller.js';
import type { ToolRoute } from './principal-view.js';
import type { ToolCallRequest } from './tool-call.js';

/** What is told about a call once it is over, or was refused. */
export interface CallRecord {
  readonly outcome: AuditOutcome;
  readonly errorCode: string | null;
  readonly durationMs: number;
  readonly upstreamDurationMs: number | null;
  readonly responseBytes: number;
}

/** Writes each tool call down, once: in the audit trail, the metrics and the usage. Nothing here waits. */
@Injectable()
export class CallLedger {
  constructor(
    private readonly audit: AuditService,
    private readonly metrics: MetricsService,
    private readonly usage: UsageService,
  ) {}

  /** Calls would go unrecorded: better not to let any in. */
  get isFull(): boolean {
    return this.audit.isFull;
  }

  /** `route` is null when the name led nowhere, or nowhere the caller may go. */
  record(caller: Caller, request: ToolCallRequest, route: ToolRoute | null, record: CallRecord): void {
    const upstream = route?.upstream.config.name ?? null;
    const tool = route?.publicName ?? request.name;
    const entry = auditEntry(caller, tool, upstream, request.requestBytes, record);
    this.audit.record(this.audit.keepsArguments ? { ...entry, arguments: request.argumentsJson() } : entry);
    this.metrics.recordCall(
      caller.surface,
      upstream,
      record.outcome,
      record.durationMs,
      record.upstreamDurationMs,
    );
    if (upstream === null || record.upstreamDurationMs === null) return;
    this.usage.record(caller.principal, {
      upstream,
      tool,
      isFailed: record.outcome !== 'success',
      cost: chargeFor(route, record),
    });
  }
}

/** US dollars a call costs: those that its upstream answered are paid, whatever the answer. */
export function chargeFor(route: ToolRoute | null, { outcome }: Pick<CallRecord, 'outcome'>): number {
  return outcome === 'success' || outcome === 'tool_error' ? (route?.cost ?? 0) : 0;
}

function auditEntry(
  caller: Caller,
  tool: string,
  upstream: string | null,
  requestBytes: number,
  record: CallRecord,
): AuditEntry {
  const { principal } = caller;
  return {
    at: new Date(),
    requestId: caller.requestId,
    keyId: principal.keyId,
    userId: principal.userId,
    teamId: principal.teamId,
    organizationId: principal.organizationId,
    sessionId: caller.sessionId,
    method: 'tools/call',
    tool,
    upstream,
    decision: record.outcome === 'denied' ? 'denied' : 'allowed',
    outcome: record.outcome,
    errorCode: record.errorCode,
    durationMs: record.durationMs,
    upstreamDurationMs: record.upstreamDurationMs,
    requestBytes,
    responseBytes: record.responseBytes,
  };
}

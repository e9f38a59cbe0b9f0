import { randomUUID } from 'node:crypto';

import { Injectable, type OnModuleDestroy } from '@nestjs/common';

import { AuditService } from '../audit/audit.service.js';
import type { AuditEntry } from '../core/audit-entry.js';
import { MetricsService } from '../metrics/metrics.service.js';
import type { ToolChange } from '../upstream-registry/pinning/tool-change.js';
import { ToolPins } from '../upstream-registry/pinning/tool-pins.service.js';
import { ViewService } from './view.service.js';

/** Rows for the changes found in one reading; the last one says how many more there were. */
const maxRows = 100;

/** Writes down that tools came new or changed behind everybody's back, whether or not they are withheld. */
@Injectable()
export class ToolChangeTrail implements OnModuleDestroy {
  readonly #stop: () => void;

  constructor(
    pins: ToolPins,
    private readonly audit: AuditService,
    private readonly metrics: MetricsService,
    private readonly views: ViewService,
  ) {
    this.#stop = pins.onToolChanges((upstream, changes) => this.#record(upstream, changes));
  }

  onModuleDestroy(): void {
    this.#stop();
  }

  #record(upstream: string, changes: readonly ToolChange[]): void {
    this.metrics.recordToolChanges(upstream, changes.length);
    const requestId = randomUUID();
    const left = changes.length - maxRows;
    changes.slice(0, maxRows).forEach((change, at) => {
      const more = at === maxRows - 1 && left > 0 ? { further_changes: left } : {};
      this.audit.record(this.#entry(requestId, upstream, change, more));
    });
  }

  #entry(
    requestId: string,
    upstream: string,
    { tool, kind, sha256, previousSha256, isWithheld, hidden }: ToolChange,
    more: Readonly<Record<string, unknown>>,
  ): AuditEntry {
    const name = this.views.universe.qualifiedName(upstream, tool);
    return {
      ...nobody,
      at: new Date(),
      requestId,
      method: `tool.${kind}`,
      tool: name,
      upstream,
      decision: isWithheld ? 'denied' : 'allowed',
      outcome: isWithheld ? 'denied' : 'success',
      target: { type: 'tool', id: name },
      ...(previousSha256 === null ? {} : { before: { sha256: previousSha256 } }),
      after: { sha256, ...(hidden.length === 0 ? {} : { hidden_characters: hidden }), ...more },
    };
  }
}

/** No request made it. */
const nobody = {
  keyId: null,
  userId: null,
  teamId: null,
  organizationId: null,
  sessionId: null,
  errorCode: null,
  durationMs: 0,
  upstreamDurationMs: null,
  requestBytes: 0,
  responseBytes: 0,
} as const;

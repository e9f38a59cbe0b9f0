import { performance } from 'node:perf_hooks';

import { Injectable, type OnModuleDestroy } from '@nestjs/common';

import { AuditService } from '../audit/audit.service.js';
import type { AuditEntry } from '../core/audit-entry.js';
import { GatewayError } from '../core/errors.js';
import { Denials } from '../permissions/denials.js';
import type { Permission } from '../permissions/permission-table.js';
import { foreignSubject } from '../permissions/require-on.js';
import type { Caller } from '../permissions/relation.js';
import type { AdminRequest } from './admin-request.js';
import { actorOf, CallerService } from './caller.service.js';

/** What a change says of itself while it is carried out; goes into its row, whatever becomes of it. */
export interface ChangeNote {
  target?: { readonly type: string; readonly id: string };
  /** Never a secret. */
  before?: Readonly<Record<string, unknown>>;
  after?: Readonly<Record<string, unknown>>;
}

/** A change under way. */
export interface AdminChange {
  readonly caller: Caller;
  /** Who does it, as `created_by` and `updated_by` say it. */
  readonly by: string;
  readonly note: ChangeNote;
}

/** Carries out administrative changes and writes one row for each, allowed, denied or failed. */
@Injectable()
export class AdminChanges implements OnModuleDestroy {
  readonly #stop: () => void;

  constructor(
    private readonly callers: CallerService,
    private readonly trail: AuditService,
    denials: Denials,
  ) {
    // Those whom the guard turned away never came to the change itself.
    this.#stop = denials.onDenial(({ principal, permission, requestId }) => {
      if (isChange(permission)) this.#record({ principal, requestId }, permission, {}, 0, 'forbidden', true);
    });
  }

  onModuleDestroy(): void {
    this.#stop();
  }

  /** Carries out `change`, which notes what it is about. `method` is e.g. `key.generate`. */
  async run<T>(
    request: AdminRequest,
    method: string,
    change: (change: AdminChange) => Promise<T>,
  ): Promise<T> {
    const note: ChangeNote = {};
    const startedAt = performance.now();
    try {
      const caller = await this.callers.of(request.principal);
      const result = await change({ caller, by: actorOf(request.principal), note });
      this.#record(request, method, note, performance.now() - startedAt, null, false);
      return result;
    } catch (error) {
      const known = error instanceof GatewayError ? error : new GatewayError('INTERNAL');
      const isDenied = known.code === 'FORBIDDEN' || known.cause === foreignSubject;
      const { code } = known.definition;
      this.#record(request, method, note, performance.now() - startedAt, code, isDenied);
      throw error;
    }
  }

  #record(
    { principal, requestId }: AdminRequest,
    method: string,
    note: ChangeNote,
    durationMs: number,
    errorCode: AuditEntry['errorCode'],
    isDenied: boolean,
  ): void {
    this.trail.record({
      at: new Date(),
      requestId,
      keyId: principal.keyId,
      userId: principal.userId,
      teamId: principal.teamId,
      organizationId: principal.organizationId,
      sessionId: null,
      method,
      tool: null,
      upstream: null,
      decision: isDenied ? 'denied' : 'allowed',
      outcome: isDenied ? 'denied' : errorCode === null ? 'success' : 'error',
      errorCode,
      durationMs,
      upstreamDurationMs: null,
      requestBytes: 0,
      responseBytes: 0,
      ...note,
    });
  }
}

const readOnly = /\.(?:read|review|list|get|explain|call)$/;
const isChange = (permission: Permission): boolean => !readOnly.test(permission);

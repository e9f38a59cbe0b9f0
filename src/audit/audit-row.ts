import type { AuditEntry, AuditOutcome } from '../core/audit-entry.js';
import type { AuditIds } from './audit-id.js';
import { redactJson, redactValue, storableText } from './redact.js';

/** An audit entry as `GET /v1/audit` and `toolgate audit export` show it. */
export interface AuditRecord {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly request_id: string;
  readonly key_id: string | null;
  readonly user_id: string | null;
  readonly team_id: string | null;
  readonly organization_id: string | null;
  readonly session_id: string | null;
  readonly method: string;
  readonly tool: string | null;
  readonly upstream: string | null;
  readonly decision: 'allowed' | 'denied';
  readonly outcome: AuditOutcome;
  readonly error_code: string | null;
  readonly duration_ms: number;
  readonly upstream_duration_ms: number | null;
  readonly request_bytes: number;
  readonly response_bytes: number;
  readonly arguments?: unknown;
  readonly target?: { readonly type: string; readonly id: string };
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Columns of `audit_entries` and their types, in the order in which rows are written. */
export const auditColumns = {
  id: 'uuid',
  at: 'timestamptz',
  request_id: 'text',
  key_id: 'text',
  user_id: 'text',
  team_id: 'text',
  organization_id: 'text',
  session_id: 'text',
  method: 'text',
  tool: 'text',
  upstream: 'text',
  decision: 'text',
  outcome: 'text',
  error_code: 'text',
  duration_ms: 'real',
  upstream_duration_ms: 'real',
  request_bytes: 'int',
  response_bytes: 'int',
  arguments: 'jsonb',
  target_type: 'text',
  target_id: 'text',
  before: 'jsonb',
  after: 'jsonb',
} as const;

/** A row as JSON text: what goes to the database in one parameter, and what waits in a file when it is away. */
export type AuditRowJson = string;

/** An index entry holds at most a third of a page, and no id of ours is nearly as long. */
const maxIdLength = 256;
const maxNameLength = 300;
const maxInteger = 2_147_483_647;

/** Called off the call path. `arguments` may be a value or JSON text. */
export function toRowJson(entry: AuditEntry, ids: AuditIds): AuditRowJson {
  return JSON.stringify({
    id: ids.next(entry.at),
    at: entry.at.toISOString(),
    request_id: storableText(entry.requestId, maxIdLength),
    key_id: id(entry.keyId),
    user_id: id(entry.userId),
    team_id: id(entry.teamId),
    organization_id: id(entry.organizationId),
    session_id: id(entry.sessionId),
    method: storableText(entry.method, maxNameLength),
    // What a client asked for, not what there is: of any length and content.
    tool: entry.tool === null ? null : storableText(entry.tool, maxNameLength),
    upstream: entry.upstream === null ? null : storableText(entry.upstream, maxNameLength),
    decision: entry.decision,
    outcome: entry.outcome,
    error_code: entry.errorCode === null ? null : storableText(entry.errorCode, maxNameLength),
    duration_ms: milliseconds(entry.durationMs),
    upstream_duration_ms: entry.upstreamDurationMs === null ? null : milliseconds(entry.upstreamDurationMs),
    request_bytes: bytes(entry.requestBytes),
    response_bytes: bytes(entry.responseBytes),
    arguments: typeof entry.arguments === 'string' ? redactJson(entry.arguments) : optional(entry.arguments),
    target_type: entry.target?.type,
    target_id: entry.target === undefined ? undefined : storableText(entry.target.id, maxIdLength),
    before: optional(entry.before),
    after: optional(entry.after),
  });
}

/** A row as the database gives it back. */
export type AuditTableRow = Omit<AuditRecord, 'time' | 'target'> & {
  readonly at: Date;
  readonly target_type: string | null;
  readonly target_id: string | null;
};

export function toRecord(row: AuditTableRow): AuditRecord {
  const { id: rowId, at, target_type, target_id, arguments: args, before, after, ...plain } = row;
  return {
    id: rowId,
    time: at.toISOString(),
    ...plain,
    ...(args === null ? {} : { arguments: args }),
    ...(target_type === null ? {} : { target: { type: target_type, id: target_id ?? '' } }),
    ...(before === null ? {} : { before }),
    ...(after === null ? {} : { after }),
  };
}

function id(value: string | null): string | null {
  return value === null ? null : storableText(value, maxIdLength);
}

function milliseconds(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1_000) / 1_000 : 0;
}

function bytes(value: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(0, Math.round(value)), maxInteger) : 0;
}

function optional(value: unknown): unknown {
  return value === undefined || value === null ? undefined : redactValue(value);
}

import type { AuditEntry, AuditOutcome } from '../core/audit-entry.js';
import { AuditIds } from './audit-id.js';
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

/** A row as one line of JSON text: what goes to the database many at a time, and what waits in a file. */
export type AuditRowJson = string;

/** An index entry holds at most a third of a page, and no id of ours is nearly as long. */
const maxIdLength = 256;
const maxNameLength = 300;
const maxInteger = 2_147_483_647;

/** Text that is JSON as it is, between quotes. */
const plainText = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** Writes entries as rows. Put together by hand, because it happens in every call. */
export class AuditRowEncoder {
  readonly #ids = new AuditIds();
  #timeMs = Number.NaN;
  #time = '';

  /** `arguments` may be a value or JSON text. */
  encode(entry: AuditEntry): AuditRowJson {
    const { upstreamDurationMs, target } = entry;
    let row =
      `{"id":"${this.#ids.next(entry.at)}","at":"${this.#isoTime(entry.at)}"` +
      `,"request_id":${id(entry.requestId)},"key_id":${id(entry.keyId)}` +
      `,"user_id":${id(entry.userId)},"team_id":${id(entry.teamId)}` +
      `,"organization_id":${id(entry.organizationId)},"session_id":${id(entry.sessionId)}` +
      // The tool is what a client asked for, not what there is: of any length and content.
      `,"method":${name(entry.method)},"tool":${name(entry.tool)},"upstream":${name(entry.upstream)}` +
      `,"decision":"${entry.decision}","outcome":"${entry.outcome}","error_code":${name(entry.errorCode)}` +
      `,"duration_ms":${milliseconds(entry.durationMs)}` +
      `,"upstream_duration_ms":${upstreamDurationMs === null ? null : milliseconds(upstreamDurationMs)}` +
      `,"request_bytes":${bytes(entry.requestBytes)},"response_bytes":${bytes(entry.responseBytes)}`;
    if (target !== undefined) row += `,"target_type":${name(target.type)},"target_id":${id(target.id)}`;
    if (entry.arguments !== undefined) row += `,"arguments":${argumentsJson(entry.arguments)}`;
    if (entry.before !== undefined) row += `,"before":${JSON.stringify(redactValue(entry.before))}`;
    if (entry.after !== undefined) row += `,"after":${JSON.stringify(redactValue(entry.after))}`;
    return `${row}}`;
  }

  #isoTime(at: Date): string {
    const ms = at.getTime();
    if (ms !== this.#timeMs) {
      this.#timeMs = ms;
      this.#time = at.toISOString();
    }
    return this.#time;
  }
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

function id(value: string | null): string {
  return value === null ? 'null' : quoted(value, maxIdLength);
}

function name(value: string | null): string {
  return value === null ? 'null' : quoted(value, maxNameLength);
}

function quoted(text: string, maxLength: number): string {
  return text.length <= maxLength && plainText.test(text)
    ? `"${text}"`
    : JSON.stringify(storableText(text, maxLength));
}

function argumentsJson(value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? redactJson(value) : redactValue(value));
}

function milliseconds(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1_000) / 1_000 : 0;
}

function bytes(value: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(0, Math.round(value)), maxInteger) : 0;
}

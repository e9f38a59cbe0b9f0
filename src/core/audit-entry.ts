/** One row of the audit trail: a call or an administrative change, allowed or denied (contract section 7). */
export interface AuditEntry {
  readonly at: Date;
  readonly requestId: string;
  readonly keyId: string | null;
  readonly userId: string | null;
  readonly teamId: string | null;
  readonly organizationId: string | null;
  readonly sessionId: string | null;
  /** JSON-RPC method, or `admin` verb such as `key.generate`. */
  readonly method: string;
  /** Qualified tool name as asked for; null for anything but a tool call. */
  readonly tool: string | null;
  readonly upstream: string | null;
  readonly decision: 'allowed' | 'denied';
  readonly outcome: AuditOutcome;
  /** Catalogue code of the error, when there was one. */
  readonly errorCode: string | null;
  readonly durationMs: number;
  /** null when no upstream was asked. */
  readonly upstreamDurationMs: number | null;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** Redacted tool arguments; only with `audit.log_arguments: true`. */
  readonly arguments?: unknown;
  /** Administrative changes: what was changed and its fields before and after, never a secret. */
  readonly target?: { readonly type: string; readonly id: string };
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
}

/** `tool_error` is a result with `isError: true`; `error` is a JSON-RPC error or fault. */
export type AuditOutcome = 'success' | 'tool_error' | 'error' | 'denied' | 'cancelled' | 'limited';

/** Whose usage it is. A principal fits. */
export interface UsageSubject {
  readonly keyId: string;
  readonly userId: string | null;
  readonly teamId: string | null;
  readonly organizationId: string | null;
}

/** What one call used. */
export interface UsageEntry {
  /** Configured name of the model; left out for tool calls. */
  readonly model?: string;
  /** Canonical name of the upstream and qualified name of the tool; left out for completions. */
  readonly upstream?: string;
  readonly tool?: string;
  readonly isFailed?: boolean;
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  /** US dollars. */
  readonly cost?: number;
}

/** Usage added up over one UTC day. Empty string: does not apply. */
export interface UsageTotal {
  /** `2026-11-23`. */
  readonly day: string;
  readonly keyId: string;
  readonly userId: string;
  readonly teamId: string;
  readonly organizationId: string;
  readonly model: string;
  readonly upstream: string;
  readonly tool: string;
  calls: number;
  failedCalls: number;
  promptTokens: number;
  completionTokens: number;
  cost: number;
}

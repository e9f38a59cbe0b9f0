import type { Secret } from '../../core/secret.js';
import type { UpstreamConfig } from '../../core/upstream.js';

export const storedAuthTypes = [
  'none',
  'bearer_token',
  'api_key',
  'basic',
  'authorization',
  'token',
] as const;
export type StoredAuthType = (typeof storedAuthTypes)[number];

/** What is sealed at rest. Texts as written: `${NAME}` in them is resolved when a connection is configured. */
export interface StoredSecrets {
  /** The whole address: its path or query may hold a credential. */
  readonly url: Secret;
  readonly authValue: Secret | null;
  readonly staticHeaders: Readonly<Record<string, Secret>>;
}

/** What an administrator says of a server over HTTP. */
export interface StoredServerFields {
  readonly name: string;
  readonly description: string | null;
  /** null: found out when connecting. */
  readonly transport: 'http' | 'sse' | null;
  readonly authType: StoredAuthType;
  /** null: sealed with a key that this replica does not have. */
  readonly secrets: StoredSecrets | null;
  readonly extraHeaders: readonly string[];
  readonly allowedTools: readonly string[] | null;
  readonly disallowedTools: readonly string[];
  readonly accessGroups: readonly string[];
  readonly info: Readonly<Record<string, unknown>>;
  /** null: the default of the file. */
  readonly timeoutMs: number | null;
  /** null: a call may be silent as long as it may take. */
  readonly idleTimeoutMs: number | null;
  /** null: as `limits.connect_timeout_ms` says. */
  readonly connectTimeoutMs: number | null;
  readonly maxConcurrentRequests: number | null;
  readonly session: UpstreamConfig['session'];
  readonly pin: boolean;
}

/** An upstream that was created over HTTP. */
export interface StoredServer extends StoredServerFields {
  readonly id: string;
  /** What of its address anyone may see: scheme, host and port, as written. */
  readonly origin: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly createdBy: string | null;
  readonly updatedBy: string | null;
}

import type { Secret } from './secret.js';

export type TransportKind = 'stdio' | 'sse' | 'http';

export type UpstreamAuth =
  | { readonly type: 'none' }
  | { readonly type: 'bearer_token' | 'api_key' | 'basic' | 'authorization'; readonly value: Secret };

/** One MCP server behind the gateway, as configured: parsed, resolved, immutable. */
export interface UpstreamConfig {
  readonly name: string;
  /** Stable id: the name for servers of the file, the stored `server_id` for servers created over HTTP. */
  readonly id: string;
  readonly source: 'file' | 'database' | 'demo';
  readonly endpoint: UpstreamEndpoint;
  readonly description: string | null;
  readonly accessGroups: readonly string[];
  /** Wildcards over the upstream's own tool names; null = all. */
  readonly allowedTools: readonly string[] | null;
  readonly disallowedTools: readonly string[];
  /** Names of client request headers copied to this upstream, lower case. */
  readonly extraHeaders: readonly string[];
  /** Longest time of one call, whatever happens in it. */
  readonly timeoutMs: number;
  /** Longest time of a call without progress; null: as long as the call. */
  readonly idleTimeoutMs: number | null;
  /** Time for connecting, its initialize included; null: as for every upstream. */
  readonly connectTimeoutMs: number | null;
  readonly maxConcurrentRequests: number;
  readonly session: 'shared' | 'per_session' | 'auto';
  /** Withhold changed or new tools until an administrator approves them. */
  readonly pin: boolean;
  /** LiteLLM's free-form `mcp_info`, echoed in REST lists. */
  readonly info: Readonly<Record<string, unknown>>;
}

export type UpstreamEndpoint =
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, Secret>>;
      readonly cwd: string | null;
    }
  | {
      readonly kind: 'remote';
      readonly url: URL;
      /** null: found out when connecting (http first, sse first when the path ends in /sse). */
      readonly transport: 'sse' | 'http' | null;
      readonly auth: UpstreamAuth;
      readonly staticHeaders: Readonly<Record<string, Secret>>;
      /** Where connections may lead; left out: anywhere, as for servers of the file. */
      readonly reach?: UpstreamReach;
    };

/**
 * Where a server that was created over HTTP may live (contract section 8): `public` addresses alone, or `private` and
 * loopback ones too. Never link-local or metadata addresses.
 */
export type UpstreamReach = 'public' | 'private';

export type UpstreamState =
  'connecting' | 'ready' | 'degraded' | 'down' | 'rejected_credentials' | 'disabled';

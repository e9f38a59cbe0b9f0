import type { Secret } from '../core/secret.js';
import type { UpstreamConfig } from '../core/upstream.js';

/** Everything the gateway was told, from file, environment and flags: resolved, validated, deeply frozen. */
export interface GatewayConfig {
  /** Absolute path of the file, or null when there was none. */
  readonly file: string | null;
  /** Absolute paths of every file that was read, `file` first, then its includes. */
  readonly files: readonly string[];
  readonly server: ServerConfig;
  readonly log: LogConfig;
  readonly database: DatabaseConfig;
  /** redis:// URL, or null: limits are kept in memory. */
  readonly redisUrl: Secret | null;
  /** null: generated at the first start and kept as a hash. */
  readonly masterKey: Secret | null;
  /** Key for credentials at rest (`TOOLGATE_SALT_KEY`); null: generated and kept in the data folder. */
  readonly saltKey: Secret | null;
  readonly upstreams: readonly UpstreamConfig[];
  /**
   * Every other name of an upstream of the file to its name: aliases of `litellm_settings.mcp_aliases`, and the key in
   * `mcp_servers` of a server that has an alias.
   */
  readonly mcpAliases: Readonly<Record<string, string>>;
  readonly models: readonly ModelDeployment[];
  /** `general_settings.fallbacks`: model name to the model names tried after it. */
  readonly modelFallbacks: Readonly<Record<string, readonly string[]>>;
  readonly modelRouting: ModelRoutingConfig;
  readonly mcp: McpConfig;
  readonly limits: SafetyLimits;
  readonly audit: AuditConfig;
  readonly metricsPublic: boolean;
}

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** false sends every request through Nest's own router (`general_settings.hot_routes`). */
  readonly hotRoutes: boolean;
  /** Origins allowed on MCP routes besides the gateway's own address; `*` = any. */
  readonly allowedOrigins: readonly string[];
  /** CORS stays off unless origins are named here. */
  readonly corsOrigins: readonly string[];
  readonly shutdownTimeoutMs: number;
}

export interface LogConfig {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `--detailed_debug`: the JSON-RPC traffic, redacted. */
  readonly traffic: boolean;
}

export interface DatabaseConfig {
  /** null: PGlite in `dataDir`. */
  readonly url: Secret | null;
  /** Absolute path. Also holds what must outlive a restart without Postgres. */
  readonly dataDir: string;
}

export interface McpConfig {
  readonly defaultAccess: 'all' | 'none';
  readonly separator: string;
  /** Upstreams created over HTTP may live at private addresses. */
  readonly allowPrivateUrls: boolean;
  /** Environment variables that values stored over HTTP may name. */
  readonly storedVariableAllowList: readonly string[];
  /** 0 = everything in one page. */
  readonly pageSize: number;
  /** How long a Streamable HTTP call outlives its client's connection. */
  readonly disconnectGraceMs: number;
  /** Repeat a call on a re-opened connection when the tool says idempotentHint or readOnlyHint. */
  readonly retryIdempotentTools: boolean;
}

/** Contract section 8; every value can be set under `general_settings.limits`. */
export interface SafetyLimits {
  readonly bodyBytes: number;
  readonly upstreamResponseBytes: number;
  readonly schemaDepth: number;
  readonly listPages: number;
  readonly listTimeoutMs: number;
  readonly listRefreshMs: number;
  readonly headerTimeoutMs: number;
  readonly sessionsPerKey: number;
  readonly sessionIdleMs: number;
  readonly streamAgeMs: number;
  readonly sendBufferBytes: number;
  readonly upstreamInFlight: number;
  readonly upstreamQueue: number;
  readonly connectTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly toolLoopRounds: number;
  readonly toolLoopMs: number;
}

export interface AuditConfig {
  readonly logArguments: boolean;
  /** Rows older than this are removed; 0 = kept for ever. */
  readonly retentionDays: number;
}

/** `router_settings`: when a model entry that fails is left alone, and for how long. */
export interface ModelRoutingConfig {
  /** Failures in a row, none of them a minute after the one before, after which the entry rests. */
  readonly allowedFails: number;
  readonly cooldownMs: number;
}

export interface ModelDeployment {
  /** Stable id of this entry: hash of its position-independent content. */
  readonly id: string;
  /** `model_name`; `*` wildcards. */
  readonly modelName: string;
  /** Part of `litellm_params.model` before the first slash; `openai` when there is none. */
  readonly provider: string;
  /** The provider's own model name; may hold `*` when `modelName` does. */
  readonly providerModel: string;
  readonly apiKey: Secret | null;
  readonly apiBase: string | null;
  readonly apiVersion: string | null;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly weight: number;
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly mockResponse: string | null;
  readonly inputCostPerToken: number;
  readonly outputCostPerToken: number;
  /** Provider-specific rest of `litellm_params`, e.g. `aws_region_name`. Strings are secrets. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly info: Readonly<Record<string, unknown>>;
}

import type { ConfigOptions } from './config-options.js';
import { demoUpstream } from './demo-upstream.js';
import type { GatewayConfig } from './gateway-config.js';
import { buildModels } from './models/build-models.js';
import type { Findings } from './problem-list.js';
import type { ConfigFile } from './schema/config-file.schema.js';
import {
  readAudit,
  readFallbacks,
  readMcp,
  readModelDefaults,
  readModelRouting,
  readOrigins,
} from './settings/gateway-settings.js';
import { readLimits } from './settings/limit-settings.js';
import { readProcessSettings } from './settings/process-settings.js';
import type { ConfigSource } from './source/read-config-file.js';
import { buildUpstreams, type Upstreams } from './upstreams/build-upstreams.js';

/** The configuration from the typed file, or from none (`source` null: the demo upstream). Faults go to `findings`. */
export function buildConfig(
  options: ConfigOptions,
  file: ConfigFile,
  source: ConfigSource | null,
  findings: Findings,
): GatewayConfig {
  const env = source?.env ?? options.env;
  const general = file.general_settings;
  const { host, port, log, database, redisUrl, masterKey, saltKey } = readProcessSettings(
    options,
    env,
    file,
    findings,
  );
  const mcp = readMcp(file, findings);
  const limits = readLimits(general);
  const { upstreams, aliases }: Upstreams =
    source === null
      ? { upstreams: [demoUpstream(limits.upstreamInFlight)], aliases: {} }
      : buildUpstreams(
          file.mcp_servers ?? {},
          file.litellm_settings.mcp_aliases ?? {},
          { separator: mcp.separator, maxConcurrentRequests: limits.upstreamInFlight },
          findings,
        );
  return {
    file: source?.files[0] ?? null,
    files: source?.files ?? [],
    server: {
      host,
      port,
      hotRoutes: general.hot_routes ?? true,
      allowedOrigins: readOrigins('allowed_origins', general.allowed_origins, findings),
      corsOrigins: readOrigins('cors_origins', general.cors_origins, findings),
      shutdownTimeoutMs: general.shutdown_timeout_ms ?? 30_000,
    },
    log,
    database,
    redisUrl,
    masterKey,
    saltKey,
    upstreams,
    mcpAliases: aliases,
    models: buildModels(file.model_list ?? [], readModelDefaults(file), env, findings),
    modelFallbacks: readFallbacks(file),
    modelRouting: readModelRouting(file),
    mcp,
    limits,
    audit: readAudit(file),
    metricsPublic: general.metrics_public ?? false,
  };
}

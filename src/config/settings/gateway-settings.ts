import type { AuditConfig, GatewayConfig, McpConfig } from '../gateway-config.js';
import type { Findings } from '../problem-list.js';
import type { ConfigFile } from '../schema/config-file.schema.js';
import type { ModelDefaults } from '../models/build-models.js';

const defaultModelTimeoutMs = 600_000;
const defaultSeparator = '__';

export function readMcp({ general_settings: general }: ConfigFile, findings: Findings): McpConfig {
  const requiresAccess = general.require_key_mcp_access_defined === true;
  return {
    defaultAccess: general.mcp_default_access ?? (requiresAccess ? 'none' : 'all'),
    separator: readSeparator(general.tool_name_separator, findings),
    allowPrivateUrls: general.mcp_allow_private_urls ?? false,
    storedVariableAllowList: general.mcp_stored_variable_allow_list ?? [],
    pageSize: general.mcp_page_size ?? 0,
    disconnectGraceMs: general.disconnect_grace_ms ?? 5_000,
    retryIdempotentTools: general.mcp_retry_idempotent_tools ?? false,
  };
}

/** It stands in tool names, so it is made of what tool names are made of (MCP 2025-11-25, tool names). */
function readSeparator(separator: string | undefined, findings: Findings): string {
  if (separator === undefined || /^[A-Za-z0-9_.-]{1,8}$/.test(separator))
    return separator ?? defaultSeparator;
  findings.fault(
    ['general_settings', 'tool_name_separator'],
    'tool_name_separator must be 1 to 8 of the characters A-Z a-z 0-9 _ . -',
  );
  return defaultSeparator;
}

/** Browsers send `scheme://host[:port]` and nothing more, so an origin with a path would never match. */
export function readOrigins(
  key: 'allowed_origins' | 'cors_origins',
  origins: readonly string[] = [],
  findings: Findings,
): readonly string[] {
  return origins.map((origin, index) => {
    if (origin === '*') return origin;
    const trimmed = origin.replace(/\/$/, '').toLowerCase();
    if (URL.canParse(trimmed) && new URL(trimmed).origin === trimmed) return trimmed;
    findings.fault(
      ['general_settings', key, index],
      `${key}: must be an origin as browsers send it, e.g. https://app.example.com, or *`,
    );
    return origin;
  });
}

export function readAudit(file: ConfigFile): AuditConfig {
  const settings = { ...file.general_settings.audit, ...definedOf(file.audit) };
  return {
    logArguments: settings.log_arguments ?? false,
    retentionDays: settings.retention_days ?? 0,
  };
}

export function readModelDefaults({
  litellm_settings: litellm,
  router_settings: router,
}: ConfigFile): ModelDefaults {
  const seconds = router.timeout ?? litellm.request_timeout;
  return {
    timeoutMs: seconds === undefined ? defaultModelTimeoutMs : Math.round(seconds * 1000),
    maxRetries: router.num_retries ?? litellm.num_retries ?? 2,
  };
}

/** LiteLLM's cool-down: 3 failures in a minute, 5 seconds. */
export function readModelRouting({ router_settings: router }: ConfigFile): GatewayConfig['modelRouting'] {
  return {
    allowedFails: router.allowed_fails ?? 3,
    cooldownMs: router.cooldown_time === undefined ? 5_000 : Math.round(router.cooldown_time * 1000),
  };
}

/** All three places in which fallbacks are written; `general_settings` wins. */
export function readFallbacks(file: ConfigFile): GatewayConfig['modelFallbacks'] {
  const lists = [...(file.litellm_settings.fallbacks ?? []), ...(file.router_settings.fallbacks ?? [])];
  return Object.assign({}, ...lists, file.general_settings.fallbacks) as GatewayConfig['modelFallbacks'];
}

function definedOf<Settings extends object>(settings: Settings): Partial<Settings> {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Partial<Settings>;
}

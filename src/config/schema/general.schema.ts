import { z } from 'zod';

import { limitNames, safetyLimits } from '../safety-limits.js';
import {
  choice,
  flag,
  integer,
  maxTimerMs,
  number,
  optional,
  secret,
  section,
  text,
  textOrTexts,
} from './fields.js';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export const limitsSchema = z.strictObject(
  Object.fromEntries(
    limitNames.map((name) => {
      const { setting, description, min, max } = safetyLimits[name];
      return [setting, integer(description, { min, max })] as const;
    }),
  ),
);

export const auditSchema = z.strictObject({
  log_arguments: flag('Keep the arguments of tool calls, redacted.'),
  retention_days: integer('Days after which audit rows are removed; 0 keeps them.', { max: 36_500 }),
});

export const generalSchema = z.strictObject({
  master_key: secret('The administrator key; begins with sk-.'),
  database_url: secret('postgres:// address; left out: embedded Postgres in data_dir.'),
  redis_url: secret('redis:// address shared by replicas for rate limits; left out: kept in memory.'),
  salt_key: secret('Key that encrypts stored credentials; left out: generated and kept in data_dir.'),
  data_dir: text('Folder for what must outlive a restart without Postgres.'),
  host: text('Address to listen on.'),
  port: integer('Port to listen on; 0 takes a free one.', { max: 65_535 }),
  log_level: choice(logLevels, 'How much is logged.'),
  hot_routes: flag("Take the frequent routes in front of Nest's router."),
  allowed_origins: textOrTexts('Origins whose pages may use MCP and the REST routes for tools; * is any.'),
  cors_origins: textOrTexts('Origins that get CORS headers; none: CORS is off.'),
  shutdown_timeout_ms: integer('Time for calls in flight when stopping.', { max: maxTimerMs }),
  metrics_public: flag('Serve /metrics without a key.'),
  max_request_size_mb: number("LiteLLM's name of limits.body_bytes, in MiB.", { min: 0.001, max: 1024 }),
  fallbacks: optional(
    z
      .record(z.string(), z.array(z.string()))
      .describe('Model name to the model names that are tried after it.'),
  ),
  mcp_default_access: choice(['all', 'none'], 'What keys may use when no level says anything.'),
  require_key_mcp_access_defined: flag("LiteLLM's way to say mcp_default_access: none."),
  tool_name_separator: text('Between upstream and tool in qualified names.'),
  mcp_allow_private_urls: flag('Servers created over HTTP may live at private addresses.'),
  mcp_stored_variable_allow_list: textOrTexts('Environment variables that stored servers may name.'),
  mcp_page_size: integer('Tools on one page of tools/list; 0 puts all on one.', { max: 100_000 }),
  mcp_retry_idempotent_tools: flag(
    'Repeat a call on a re-opened connection when the tool says it is harmless.',
  ),
  disconnect_grace_ms: integer("How long a Streamable HTTP call outlives its client's connection.", {
    max: maxTimerMs,
  }),
  limits: section(limitsSchema).describe('Safety limits.'),
  audit: section(auditSchema).describe('The same as audit at the top level.'),
});

export type GeneralSettings = z.infer<typeof generalSchema>;

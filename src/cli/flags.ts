/** How a command line flag is called and what it takes. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** What stands for the value in the help; absent: the flag takes none. */
  readonly value?: string;
  readonly description: string;
}

export const flags = {
  config: { name: 'config', short: 'c', value: 'PATH', description: 'configuration file (config.yaml)' },
  current: { name: 'current', value: 'PATH', description: 'for plan: the file in use now (config.yaml)' },
  since: {
    name: 'since',
    value: 'TIME',
    description: 'for audit export: a date, a date and time, or 24h for a day ago (all)',
  },
  port: {
    name: 'port',
    short: 'p',
    value: 'PORT',
    description: 'port to listen on (4000); 0 takes a free one',
  },
  host: { name: 'host', value: 'HOST', description: 'address to listen on (127.0.0.1)' },
  debug: { name: 'debug', description: 'log more' },
  detailedDebug: { name: 'detailed_debug', description: 'log more, and the JSON-RPC traffic, redacted' },
  version: { name: 'version', short: 'v', description: 'print the version' },
  help: { name: 'help', short: 'h', description: 'print this help' },
} as const satisfies Record<string, Flag>;

/** LiteLLM's flags that mean nothing here: taken with a warning, so that its command lines work. */
export const litellmFlags: readonly Omit<Flag, 'description'>[] = [
  { name: 'num_workers', value: 'N' },
  { name: 'model', short: 'm', value: 'MODEL' },
  { name: 'alias', value: 'NAME' },
  { name: 'api_base', value: 'URL' },
  { name: 'api_version', value: 'VERSION' },
  { name: 'headers', value: 'JSON' },
  { name: 'add_key', value: 'KEY' },
  { name: 'save' },
  { name: 'temperature', value: 'N' },
  { name: 'max_tokens', value: 'N' },
  { name: 'request_timeout', value: 'SECONDS' },
  { name: 'drop_params' },
  { name: 'add_function_to_prompt' },
  { name: 'max_budget', value: 'N' },
  { name: 'telemetry', value: 'BOOLEAN' },
  { name: 'log_config', value: 'PATH' },
  { name: 'num_requests', value: 'N' },
  { name: 'run_gunicorn' },
  { name: 'run_hypercorn' },
  { name: 'run_granian' },
  { name: 'use_prisma_db_push' },
  { name: 'use_prisma_migrate' },
  { name: 'keepalive_timeout', value: 'SECONDS' },
  { name: 'timeout_worker_healthcheck', value: 'SECONDS' },
  { name: 'max_requests_before_restart', value: 'N' },
  { name: 'max_requests_before_restart_jitter', value: 'N' },
  { name: 'local' },
  { name: 'use_queue' },
  { name: 'use_v2_migration_resolver' },
  { name: 'enforce_prisma_migration_check' },
];

/** LiteLLM's flags that ask for something the gateway does not do; taking them would promise it. */
export const refusedFlags: Readonly<Record<string, string>> = {
  ssl_keyfile_path: 'TLS is not served; put a proxy that does in front',
  ssl_certfile_path: 'TLS is not served; put a proxy that does in front',
  ciphers: 'TLS is not served; put a proxy that does in front',
  health: 'ask GET /health/readiness of a running gateway',
  test: 'send a request to a running gateway',
  test_async: 'send a request to a running gateway',
  skip_server_startup: 'use "toolgate check" to validate without starting',
  iam_token_db_auth: 'put the password into DATABASE_URL',
};

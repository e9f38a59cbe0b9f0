import type { UpstreamConfig } from '../../core/upstream.js';
import type { StoredServer } from '../../upstream-registry/stored/stored-server.js';
import type { UpstreamStatus } from '../../upstream-registry/upstream.js';

/** A server as the administration knows it. */
export interface KnownServer {
  /** null: it was created over HTTP and is left out of what is served. */
  readonly upstream: { readonly config: UpstreamConfig; status(): UpstreamStatus } | null;
  /** null: it is of the configuration file. */
  readonly stored: StoredServer | null;
  /** Why it is left out. */
  readonly problem: string | null;
}

/**
 * How much of a server one sees: `whole`, with the address as it was stored, for who may write it; `plain`, with the
 * origin of the address, for who sees everything and for the audit trail; `public` for who may use it.
 */
export type RowDetail = 'whole' | 'plain' | 'public';

export type HealthWord = 'healthy' | 'unhealthy' | 'unknown';

/** LiteLLM's word for the state. */
export function healthWord(server: KnownServer): HealthWord {
  switch (server.upstream?.status().state) {
    case 'ready':
    case 'degraded':
      return 'healthy';
    case 'down':
    case 'rejected_credentials':
      return 'unhealthy';
    default:
      return 'unknown';
  }
}

/** When that was found out: now, of a live connection; else when it failed last. */
export function checkedAt(server: KnownServer): string | null {
  if (healthWord(server) === 'healthy') return new Date().toISOString();
  return server.upstream?.status().lastFailure?.at.toISOString() ?? null;
}

export const idOf = ({ stored, upstream }: KnownServer): string => stored?.id ?? upstream?.config.id ?? '';
export const nameOf = ({ stored, upstream }: KnownServer): string =>
  stored?.name ?? upstream?.config.name ?? '';

/** A row in LiteLLM's shape. Credentials and the values of headers are in none. */
export function serverRow(server: KnownServer, detail: RowDetail) {
  const { stored, problem } = server;
  const facts = stored === null ? ofFile(server) : ofStored(stored, detail);
  const isPublic = detail === 'public';
  return {
    server_id: idOf(server),
    server_name: nameOf(server),
    alias: nameOf(server),
    ...facts,
    url: isPublic ? null : facts.url,
    static_header_names: isPublic ? [] : facts.static_header_names,
    credentials: null,
    static_headers: null,
    command: null,
    args: [],
    env: {},
    mcp_info: { ...facts.mcp_info, server_name: nameOf(server), is_public: false },
    teams: [],
    source: stored === null ? (server.upstream?.config.source ?? 'file') : 'database',
    created_at: stored?.createdAt.toISOString() ?? null,
    created_by: isPublic ? null : (stored?.createdBy ?? null),
    updated_at: stored?.updatedAt.toISOString() ?? null,
    updated_by: isPublic ? null : (stored?.updatedBy ?? null),
    status: healthWord(server),
    last_health_check: checkedAt(server),
    health_check_error: isPublic ? null : (problem ?? failureOf(server)),
  };
}
export type ServerRow = ReturnType<typeof serverRow>;

/** What an audit row says of a server: what was configured, not how it is. */
export function auditedServer(stored: StoredServer): Readonly<Record<string, unknown>> {
  return { server_id: stored.id, server_name: stored.name, ...ofStored(stored, 'plain') };
}

/** What went wrong, unless it is well now. */
export function failureOf(server: KnownServer): string | null {
  const status = server.upstream?.status();
  if (status === undefined || status.state === 'ready') return null;
  return status.lastFailure?.message ?? null;
}

function ofStored(stored: StoredServer, detail: RowDetail) {
  const { secrets } = stored;
  return {
    description: stored.description,
    url: detail === 'whole' && secrets !== null ? secrets.url.reveal() : stored.origin,
    transport: stored.transport,
    auth_type: stored.authType as string,
    static_header_names: Object.keys(secrets?.staticHeaders ?? {}),
    extra_headers: stored.extraHeaders,
    allowed_tools: stored.allowedTools,
    disallowed_tools: stored.disallowedTools,
    mcp_access_groups: stored.accessGroups,
    mcp_info: stored.info,
    timeout_ms: stored.timeoutMs,
    idle_timeout_ms: stored.idleTimeoutMs,
    connect_timeout_ms: stored.connectTimeoutMs,
    max_concurrent_requests: stored.maxConcurrentRequests,
    session: stored.session,
    pin: stored.pin,
  };
}

function ofFile({ upstream }: KnownServer) {
  const endpoint = upstream?.config.endpoint;
  const remote = endpoint?.kind === 'remote' ? endpoint : null;
  return {
    description: upstream?.config.description ?? null,
    url: remote?.url.origin ?? null,
    transport: endpoint?.kind === 'stdio' ? ('stdio' as const) : (remote?.transport ?? null),
    auth_type: (remote?.auth.type ?? 'none') as string,
    static_header_names: Object.keys(remote?.staticHeaders ?? {}),
    extra_headers: upstream?.config.extraHeaders ?? [],
    allowed_tools: upstream?.config.allowedTools ?? null,
    disallowed_tools: upstream?.config.disallowedTools ?? [],
    mcp_access_groups: upstream?.config.accessGroups ?? [],
    mcp_info: upstream?.config.info ?? {},
    timeout_ms: upstream?.config.timeoutMs ?? null,
    idle_timeout_ms: upstream?.config.idleTimeoutMs ?? null,
    connect_timeout_ms: upstream?.config.connectTimeoutMs ?? null,
    max_concurrent_requests: upstream?.config.maxConcurrentRequests ?? null,
    session: upstream?.config.session ?? ('auto' as const),
    pin: upstream?.config.pin ?? false,
  };
}

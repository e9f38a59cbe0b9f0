import { GatewayError } from '../../core/errors.js';
import { Secret } from '../../core/secret.js';
import type { StoredSecrets, StoredServerFields } from '../../upstream-registry/stored/stored-server.js';
import { originText } from '../../upstream-registry/stored/stored-url.js';
import type { NewServerBody, UpdateServerBody } from './server-wire.js';

/** A server that says nothing of itself but its name. */
const blank: StoredServerFields = {
  name: '',
  description: null,
  transport: null,
  authType: 'none',
  secrets: null,
  extraHeaders: [],
  allowedTools: null,
  disallowedTools: [],
  accessGroups: [],
  info: {},
  timeoutMs: null,
  idleTimeoutMs: null,
  connectTimeoutMs: null,
  maxConcurrentRequests: null,
  session: 'auto',
  pin: false,
};

/**
 * `current` with what a request says of it; for a new server `current` is null.
 * Throws INVALID_REQUEST when alias and name differ, or when credentials would follow the address to another place.
 */
export function serverFields(
  body: NewServerBody | Omit<UpdateServerBody, 'server_id'>,
  current: StoredServerFields | null,
): StoredServerFields {
  const before = current ?? blank;
  const set = <T>(value: T | null | undefined, empty: T, old: T): T =>
    value === undefined ? old : (value ?? empty);
  return {
    name: nameOf(body) ?? before.name,
    description: set(body.description, null, before.description),
    transport: set(body.transport, null, before.transport),
    authType: set(body.auth_type, 'none', before.authType),
    secrets: secretsOf(body, before.secrets),
    extraHeaders: set(body.extra_headers, [], before.extraHeaders),
    allowedTools: set<readonly string[] | null>(body.allowed_tools, null, before.allowedTools),
    disallowedTools: set(body.disallowed_tools, [], before.disallowedTools),
    accessGroups: set(unique(body.mcp_access_groups), [], before.accessGroups),
    info: set(body.mcp_info, {}, before.info),
    timeoutMs: set(body.timeout_ms, null, before.timeoutMs),
    idleTimeoutMs: set(body.idle_timeout_ms, null, before.idleTimeoutMs),
    connectTimeoutMs: set(body.connect_timeout_ms, null, before.connectTimeoutMs),
    maxConcurrentRequests: set(body.max_concurrent_requests, null, before.maxConcurrentRequests),
    session: set(body.session, 'auto', before.session),
    pin: set(body.pin, false, before.pin),
  };
}

/** A stored server has one name; LiteLLM's clients send it as `alias` too. */
function nameOf({
  server_name,
  alias,
}: {
  server_name?: string | null | undefined;
  alias?: string | null | undefined;
}) {
  if (server_name != null && alias != null && server_name !== alias) {
    const message = 'alias must be the same as server_name, or be left out: a stored server has one name.';
    throw new GatewayError('INVALID_REQUEST', { param: 'alias', message });
  }
  return server_name ?? alias ?? null;
}

const unique = (list: readonly string[] | null | undefined) => (list == null ? list : [...new Set(list)]);

type SecretInput = Pick<UpdateServerBody, 'url' | 'credentials' | 'static_headers'>;

function secretsOf(body: SecretInput, old: StoredSecrets | null): StoredSecrets | null {
  const url = body.url ?? old?.url.reveal();
  if (url === undefined) return null;
  const sentValue = body.credentials === undefined ? undefined : (body.credentials?.auth_value ?? null);
  const sentHeaders = body.static_headers === undefined ? undefined : (body.static_headers ?? {});
  if (old !== null && isElsewhere(url, old.url.reveal())) {
    requireSent('credentials', sentValue !== undefined || old.authValue === null);
    requireSent('static_headers', sentHeaders !== undefined || Object.keys(old.staticHeaders).length === 0);
  }
  return {
    url: new Secret(url),
    authValue: sentValue === undefined ? (old?.authValue ?? null) : secretOrNull(sentValue),
    staticHeaders:
      sentHeaders === undefined
        ? (old?.staticHeaders ?? {})
        : Object.fromEntries(Object.entries(sentHeaders).map(([name, value]) => [name, new Secret(value)])),
  };
}

const secretOrNull = (value: string | null): Secret | null => (value === null ? null : new Secret(value));

/** Whether another machine would be told what this one is told. A variable may stand for any. */
function isElsewhere(next: string, old: string): boolean {
  return next !== old && (originText(next) !== originText(old) || next.includes('${') || !URL.canParse(next));
}

function requireSent(param: string, isSent: boolean): void {
  if (isSent) return;
  const message = `${param} must be sent again, or as null, when url leads to another place: stored ones do not follow it.`;
  throw new GatewayError('INVALID_REQUEST', { param, message });
}

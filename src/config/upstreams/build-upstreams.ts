import { nearestName } from '../../core/nearest-name.js';
import type { UpstreamConfig } from '../../core/upstream.js';
import { buildEndpoint } from './endpoint.js';
import { checkHeaderNames } from './headers.js';
import { NameTable } from './name-table.js';
import type { Findings } from '../problem-list.js';
import type { ServerSettings } from '../schema/server.schema.js';
import type { ConfigPath } from '../source/config-node.js';

const defaultTimeoutMs = 60_000;

export interface UpstreamDefaults {
  readonly separator: string;
  readonly maxConcurrentRequests: number;
}

export interface Upstreams {
  readonly upstreams: readonly UpstreamConfig[];
  /** Every other name by which an upstream is known, to the name that counts. */
  readonly aliases: Readonly<Record<string, string>>;
}

type Servers = Readonly<Record<string, ServerSettings | null>>;

/**
 * The servers of the file. As in LiteLLM a server's name is its `alias`, else the first alias that
 * `litellm_settings.mcp_aliases` gives it, else its key, with `_` for spaces; its key stays its id and an alias.
 */
export function buildUpstreams(
  servers: Servers,
  mcpAliases: Readonly<Record<string, string>>,
  defaults: UpstreamDefaults,
  findings: Findings,
): Upstreams {
  const names = new NameTable(defaults.separator, findings);
  for (const key of Object.keys(servers)) names.reserve(nameFrom(key), ['mcp_servers', key]);
  const upstreams: UpstreamConfig[] = [];
  for (const [key, settings] of Object.entries(servers)) {
    const path = ['mcp_servers', key];
    if (settings === null) {
      findings.faultAtKey(path, `${key} needs a url or a command`);
      continue;
    }
    const id = nameFrom(key);
    const naming = chooseName(key, path, settings, mcpAliases, servers);
    const endpoint = buildEndpoint(path, settings, findings);
    if (!names.name(id, naming.name, naming.path) || endpoint === null) continue;
    names.alias(key, id, path);
    upstreams.push({
      name: naming.name,
      id,
      source: 'file',
      endpoint,
      description: settings.description ?? describedIn(settings.mcp_info),
      accessGroups: [...new Set([...(settings.access_groups ?? []), ...(settings.mcp_access_groups ?? [])])],
      allowedTools: settings.allowed_tools ?? null,
      disallowedTools: settings.disallowed_tools ?? [],
      extraHeaders: checkHeaderNames(path, settings.extra_headers ?? [], findings),
      timeoutMs: settings.timeout_ms ?? secondsToMs(settings.timeout) ?? defaultTimeoutMs,
      idleTimeoutMs: settings.idle_timeout_ms ?? null,
      connectTimeoutMs: settings.connect_timeout_ms ?? null,
      maxConcurrentRequests: settings.max_concurrent_requests ?? defaults.maxConcurrentRequests,
      session: settings.session ?? 'auto',
      pin: settings.pin ?? false,
      info: settings.mcp_info ?? {},
    });
  }
  for (const [alias, server] of Object.entries(mcpAliases)) {
    const path = ['litellm_settings', 'mcp_aliases', alias];
    if (Object.hasOwn(servers, server)) names.alias(alias, nameFrom(server), path);
    else findings.warn(path, describeLostAlias(alias, server, Object.keys(servers)));
  }
  return { upstreams, aliases: names.aliases };
}

/** As LiteLLM makes names of what may hold spaces. */
function nameFrom(written: string): string {
  return written.trim().replace(/\s+/g, '_');
}

/** A server's `alias`, else the first alias in mcp_aliases that is not another server's key, else its key. */
function chooseName(
  key: string,
  path: ConfigPath,
  { alias }: ServerSettings,
  mcpAliases: Readonly<Record<string, string>>,
  servers: Servers,
): { readonly name: string; readonly path: ConfigPath } {
  if (alias !== undefined) return { name: nameFrom(alias), path: [...path, 'alias'] };
  const given = Object.keys(mcpAliases).find(
    (name) => mcpAliases[name] === key && !Object.hasOwn(servers, name),
  );
  if (given === undefined) return { name: nameFrom(key), path };
  return { name: nameFrom(given), path: ['litellm_settings', 'mcp_aliases', given] };
}

function describeLostAlias(alias: string, server: string, keys: readonly string[]): string {
  const near = nearestName(server, keys);
  const hint = near === null ? '' : `; did you mean "${near}"?`;
  return `alias "${alias}" names no server of mcp_servers${hint}`;
}

function describedIn(info: Readonly<Record<string, unknown>> | undefined): string | null {
  return typeof info?.['description'] === 'string' ? info['description'] : null;
}

function secondsToMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}

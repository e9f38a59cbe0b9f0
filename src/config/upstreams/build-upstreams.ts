import { nearestName } from '../../core/nearest-name.js';
import type { UpstreamConfig } from '../../core/upstream.js';
import { buildEndpoint } from './endpoint.js';
import { checkHeaderNames } from './headers.js';
import { NameTable } from './name-table.js';
import type { Findings } from '../problem-list.js';
import type { ServerSettings } from '../schema/server.schema.js';

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
  const upstreams: UpstreamConfig[] = [];
  for (const [key, settings] of Object.entries(servers)) {
    const path = ['mcp_servers', key];
    if (settings === null) {
      findings.faultAtKey(path, `${key} needs a url or a command`);
      continue;
    }
    const given = settings.alias === undefined ? firstAliasOf(key, mcpAliases) : null;
    const name = (settings.alias ?? given ?? key).trim().replace(/\s+/g, '_');
    const namePath =
      settings.alias !== undefined
        ? [...path, 'alias']
        : given !== null
          ? ['litellm_settings', 'mcp_aliases', given]
          : path;
    const endpoint = buildEndpoint(path, settings, findings);
    if (!names.claim(name, namePath) || endpoint === null) continue;
    names.alsoKnownAs(key, name);
    upstreams.push({
      name,
      id: key.trim().replace(/\s+/g, '_'),
      source: 'file',
      endpoint,
      description: settings.description ?? describedIn(settings.mcp_info),
      accessGroups: [...new Set([...(settings.access_groups ?? []), ...(settings.mcp_access_groups ?? [])])],
      allowedTools: settings.allowed_tools ?? null,
      disallowedTools: settings.disallowed_tools ?? [],
      extraHeaders: checkHeaderNames(path, settings.extra_headers ?? [], findings),
      timeoutMs: settings.timeout_ms ?? secondsToMs(settings.timeout) ?? defaultTimeoutMs,
      maxConcurrentRequests: settings.max_concurrent_requests ?? defaults.maxConcurrentRequests,
      session: settings.session ?? 'auto',
      pin: settings.pin ?? false,
      info: settings.mcp_info ?? {},
    });
  }
  for (const [alias, server] of Object.entries(mcpAliases)) {
    const path = ['litellm_settings', 'mcp_aliases', alias];
    const name = names.nameOf(server);
    if (name !== null) names.alsoKnownAs(alias, name);
    else if (!(server in servers)) {
      const near = nearestName(server, Object.keys(servers));
      findings.warn(
        path,
        `alias "${alias}" names no server of mcp_servers${near === null ? '' : `; did you mean "${near}"?`}`,
      );
    }
  }
  return { upstreams, aliases: names.aliases() };
}

function firstAliasOf(key: string, mcpAliases: Readonly<Record<string, string>>): string | null {
  return Object.keys(mcpAliases).find((alias) => mcpAliases[alias] === key) ?? null;
}

function describedIn(info: Readonly<Record<string, unknown>> | undefined): string | null {
  return typeof info?.['description'] === 'string' ? info['description'] : null;
}

function secondsToMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}

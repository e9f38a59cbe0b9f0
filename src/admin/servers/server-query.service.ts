import { Injectable } from '@nestjs/common';

import { formatProblem } from '../../config/config-problem.js';
import { ConfigService, type ConfigReload } from '../../config/config.service.js';
import { isUpstreamVisible } from '../../core/authorize.js';
import type { RejectedDefinition } from '../../core/catalog.js';
import type { Principal } from '../../core/principal.js';
import { qualifiedToolList } from '../../gateway/tool-list.js';
import { ViewService } from '../../gateway/view.service.js';
import { notFound } from '../../permissions/require-on.js';
import type { StoredServer } from '../../upstream-registry/stored/stored-server.js';
import { StoredServers } from '../../upstream-registry/stored/stored-servers.service.js';
import type { Upstream } from '../../upstream-registry/upstream.js';
import { UpstreamRegistry } from '../../upstream-registry/upstream-registry.service.js';
import { UpstreamSet } from '../../upstream-registry/upstream-set.service.js';
import { hiddenInTool } from '../../upstream-registry/pinning/seen-tools.js';
import { checkedAt, failureOf, healthWord, idOf, nameOf, serverRow } from './server-row.js';
import type { KnownServer, RowDetail, ServerRow } from './server-row.js';
import { hiddenRow } from './tool-review-row.js';

/** A definition that no client sees, and why. */
type RejectedRow = RejectedDefinition & { readonly server_name: string };

/** Looks at servers: those of the file and the stored ones, as far as the caller may see them. */
@Injectable()
export class ServerQuery {
  constructor(
    private readonly registry: UpstreamRegistry,
    private readonly stored: StoredServers,
    private readonly set: UpstreamSet,
    private readonly views: ViewService,
    private readonly config: ConfigService,
  ) {}

  list(principal: Principal): ServerRow[] {
    return this.#visible(principal).map((server) => serverRow(server, detailFor(principal)));
  }

  /** By id or name. Throws NOT_FOUND, alike for what there is not and what the caller may not see. */
  get(principal: Principal, idOrName: string): ServerRow {
    const server = this.find(idOrName);
    if (server === null || !this.#isVisible(principal, server)) throw notFound(wanted);
    return serverRow(server, detailFor(principal));
  }

  /** LiteLLM's members, and beside them what the connection really does. */
  health(principal: Principal) {
    const servers = this.#visible(principal);
    const words = servers.map(healthWord);
    return {
      total_servers: servers.length,
      healthy_count: words.filter((word) => word === 'healthy').length,
      unhealthy_count: words.filter((word) => word === 'unhealthy').length,
      unknown_count: words.filter((word) => word === 'unknown').length,
      servers: Object.fromEntries(servers.map((server) => [idOf(server), healthRow(server, principal)])),
      ...(seesAll(principal.role) ? { configuration: configurationRow(this.config.lastReload) } : {}),
    };
  }

  /** `{"tools":[...]}` as the gateway lists them, in JSON text. */
  tools({ policy }: Principal): Buffer {
    return qualifiedToolList(this.views.view(policy, []));
  }

  /** Definitions left out, for those who see everything; null for others. */
  rejected({ role }: Principal): readonly RejectedRow[] | null {
    if (!seesAll(role)) return null;
    return this.registry
      .list()
      .flatMap(({ config, catalog }) =>
        (catalog?.rejected ?? []).map((rejected) => ({ ...rejected, server_name: config.name })),
      );
  }

  /** Tools with characters that nobody sees, for those who see everything; null for others. */
  flagged({ role }: Principal) {
    if (!seesAll(role)) return null;
    return this.registry.list().flatMap(({ config, lastRead }) =>
      (lastRead?.tools ?? []).flatMap((tool) =>
        hiddenInTool(tool).map((found) => ({
          server_name: config.name,
          name: tool.name,
          ...hiddenRow(found),
        })),
      ),
    );
  }

  /** By id, name or alias; null when there is none. */
  find(idOrName: string): KnownServer | null {
    const upstream = this.registry.get(this.views.universe.upstreamName(idOrName) ?? idOrName);
    if (upstream !== undefined && upstream.config.source !== 'database')
      return { upstream, stored: null, problem: null };
    const wantedName = idOrName.toLowerCase();
    const servers = this.stored.list();
    const stored =
      servers.find(({ id }) => id === idOrName) ??
      servers.find(({ name }) => name.toLowerCase() === wantedName);
    return stored === undefined ? null : this.#known(stored);
  }

  /** Behind a server, by its id; null when it is left out of what is served. */
  upstream(id: string): Upstream | null {
    const name = this.find(id)?.upstream?.config.name;
    return (name === undefined ? undefined : this.registry.get(name)) ?? null;
  }

  /** In name order. */
  #all(): KnownServer[] {
    const ofFile = this.registry
      .list()
      .filter(({ config }) => config.source !== 'database')
      .map((upstream) => ({ upstream, stored: null, problem: null }));
    const all = [...ofFile, ...this.stored.list().map((stored) => this.#known(stored))];
    return all.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  }

  #known(stored: StoredServer): KnownServer {
    const upstream = this.registry.get(stored.name);
    const isServed = upstream?.config.source === 'database' && upstream.config.id === stored.id;
    return {
      upstream: isServed ? upstream : null,
      stored,
      problem: this.set.problemOf(stored.id)?.message ?? null,
    };
  }

  #visible(principal: Principal): KnownServer[] {
    return this.#all().filter((server) => this.#isVisible(principal, server));
  }

  #isVisible({ role, policy }: Principal, { upstream }: KnownServer): boolean {
    if (seesAll(role)) return true;
    if (upstream === null) return false;
    const { name } = upstream.config;
    const tools = this.registry.get(name)?.catalog?.tools.map((tool) => tool.name) ?? [];
    return isUpstreamVisible(policy, this.views.universe, name, tools);
  }
}

const wanted = { noun: 'MCP server', param: 'server_id' };

const seesAll = (role: Principal['role']): boolean => detailOf[role] !== 'public';

const detailOf = {
  proxy_admin: 'whole',
  proxy_admin_viewer: 'plain',
  internal_user: 'public',
  internal_user_viewer: 'public',
} as const satisfies Record<Principal['role'], RowDetail>;

const detailFor = ({ role }: Principal): RowDetail => detailOf[role];

/** How the file was last read anew; null until then. */
function configurationRow(reload: ConfigReload | null) {
  if (reload === null) return null;
  const { at, ok, problems, needRestart } = reload;
  return {
    read_at: at.toISOString(),
    applied: ok,
    problems: problems.map(formatProblem),
    needs_restart: needRestart,
  };
}

function healthRow(server: KnownServer, principal: Principal) {
  const status = server.upstream?.status();
  const isPublic = detailFor(principal) === 'public';
  const failure = isPublic ? null : status?.lastFailure;
  return {
    server_id: idOf(server),
    server_name: nameOf(server),
    status: healthWord(server),
    tools_count: status?.toolCount ?? 0,
    last_health_check: checkedAt(server),
    response_time_ms: status?.latencyMs ?? null,
    error: isPublic ? null : (server.problem ?? failureOf(server)),
    state: status?.state ?? 'disabled',
    since: status?.since.toISOString() ?? null,
    last_failure:
      failure == null
        ? null
        : { stage: failure.stage, message: failure.message, at: failure.at.toISOString() },
    tools_withheld: status?.withheldTools ?? 0,
    in_flight: status?.inFlight ?? 0,
    queued: status?.queued ?? 0,
    transport: status?.transport ?? null,
    protocol_version: status?.protocolVersion ?? null,
    stderr: detailFor(principal) === 'whole' ? (status?.stderr ?? []) : [],
  };
}

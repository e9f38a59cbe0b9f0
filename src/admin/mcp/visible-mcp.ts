import { authorize, isUpstreamVisible } from '../../core/authorize.js';
import type { PermissionUniverse } from '../../core/permission.js';
import type { Principal } from '../../core/principal.js';
import type { Upstream } from '../../upstream-registry/upstream.js';
import type { Toolset } from '../../permissions/toolset.js';
import type { McpInsight } from '../ports/mcp-insight.js';

/** Proxy admins and viewers administer servers and toolsets, whatever their own key may use. */
export const administersMcp = ({ role }: Principal): boolean =>
  role === 'proxy_admin' || role === 'proxy_admin_viewer';

/** The upstreams a caller may know of: those it may use something of. */
export function visibleUpstreams(principal: Principal, mcp: McpInsight): readonly Upstream[] {
  if (administersMcp(principal)) return mcp.upstreams();
  return mcp.upstreams().filter(({ config, catalog }) => {
    const tools = (catalog?.tools ?? []).map(({ name }) => name);
    return isUpstreamVisible(principal.policy, mcp.universe, config.name, tools);
  });
}

/** What names mean to a caller: a server it may use nothing of is none. */
export function visibleUniverse(principal: Principal, mcp: McpInsight): PermissionUniverse {
  const { universe } = mcp;
  if (administersMcp(principal)) return universe;
  const visible = new Set(visibleUpstreams(principal, mcp).map(({ config }) => config.name));
  return {
    upstreamName(nameOrId) {
      const name = universe.upstreamName(nameOrId);
      return name !== undefined && visible.has(name) ? name : undefined;
    },
    accessGroupsOf: (upstream) => universe.accessGroupsOf(upstream),
    accessGroup: (name) => universe.accessGroup(name),
    toolset: (name) => universe.toolset(name),
    qualifiedName: (upstream, tool) => universe.qualifiedName(upstream, tool),
  };
}

/** A toolset as far as a caller may know of it; null when that is not at all. */
export function visibleToolset(principal: Principal, mcp: McpInsight, toolset: Toolset): Toolset | null {
  if (administersMcp(principal)) return toolset;
  const tools = toolset.tools.filter(({ server, tool }) => {
    const upstream = mcp.universe.upstreamName(server);
    return upstream !== undefined && authorize(principal.policy, mcp.universe, { upstream, tool }).allowed;
  });
  return tools.length === 0 ? null : { ...toolset, tools };
}

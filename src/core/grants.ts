import { noMcpServers, type ObjectPermission, type PermissionUniverse } from './permission.js';
import { compileWildcards, type WildcardMatcher } from './wildcard.js';

/** Why a level allows or does not allow something, but for denials. */
export type GrantRule =
  | 'no_restriction'
  | 'no_mcp_servers'
  | 'mcp_servers_empty'
  | 'mcp_servers'
  | 'mcp_access_groups'
  | 'mcp_toolsets'
  | 'mcp_tool_permissions'
  | 'not_granted';

/** One thing that a level grants; `tool` may be a wildcard, and is left out for an upstream as a whole. */
export interface Grant {
  readonly upstream: string;
  readonly tool?: string;
  /** Where it comes from, e.g. `mcp_servers "github"`. */
  readonly source: string;
}

/**
 * What one object permission grants, its names resolved: the rules of one level (contract, MCP permissions) are here
 * and nowhere else. A name that means nothing in the universe stands for itself, so it grants nothing that is there.
 */
export class Grants {
  /** Set when the level allows nothing at all. */
  readonly closedBy: GrantRule | null;
  /** Whether the level allows only what it names; otherwise it says nothing. */
  readonly restricts: boolean;
  readonly #servers: ReadonlySet<string>;
  readonly #tools = new Map<string, readonly string[]>();
  readonly #toolMatchers: ReadonlyMap<string, WildcardMatcher>;
  readonly #groups: readonly string[];
  readonly #toolsets: readonly string[];

  constructor(
    permission: ObjectPermission,
    private readonly universe: PermissionUniverse,
  ) {
    const { mcp_servers: servers, mcp_tool_permissions: tools = {} } = permission;
    const upstream = (name: string): string => universe.upstreamName(name) ?? name;
    this.#groups = permission.mcp_access_groups ?? [];
    this.#toolsets = permission.mcp_toolsets ?? [];
    this.#servers = new Set(servers?.map(upstream));
    for (const [server, names] of Object.entries(tools)) {
      // A server may stand there twice, by name and by id.
      this.#tools.set(upstream(server), [...(this.#tools.get(upstream(server)) ?? []), ...names]);
    }
    this.#toolMatchers = new Map(
      [...this.#tools].map(([server, names]) => [server, compileWildcards(names)]),
    );

    const named = [...(servers ?? []), ...this.#groups, ...this.#toolsets, ...Object.keys(tools)];
    this.restricts = named.length > 0 || servers !== undefined;
    if (named.includes(noMcpServers)) this.closedBy = 'no_mcp_servers';
    else this.closedBy = this.restricts && named.length === 0 ? 'mcp_servers_empty' : null;
  }

  /** The rule that grants a tool, or without a tool the upstream as a whole; null when none does. */
  grantedBy(upstream: string, tool?: string): GrantRule | null {
    if (this.closedBy !== null) return null;
    const matcher = this.#toolMatchers.get(upstream);
    if (matcher !== undefined) {
      // Tools named for a server are all of it that the level allows, however else the server is granted.
      if (tool === undefined ? this.#namesAllToolsOf(upstream) : matcher(tool)) return 'mcp_tool_permissions';
    } else {
      if (this.#servers.has(upstream)) return 'mcp_servers';
      const groups = this.universe.accessGroupsOf(upstream);
      if (this.#groups.some((group) => groups.has(group))) return 'mcp_access_groups';
    }
    if (tool === undefined) return null;
    const isInToolset = this.#toolsets.some((name) => this.universe.toolset(name)?.get(upstream)?.has(tool));
    return isInToolset ? 'mcp_toolsets' : null;
  }

  /** Why nothing grants it. */
  refusalOf(upstream: string): GrantRule {
    return this.closedBy ?? (this.#tools.has(upstream) ? 'mcp_tool_permissions' : 'not_granted');
  }

  /** Whether the level names this access group or toolset. */
  names(list: 'mcp_access_groups' | 'mcp_toolsets', name: string): boolean {
    return (list === 'mcp_toolsets' ? this.#toolsets : this.#groups).includes(name);
  }

  /** Everything granted, as far as names have a meaning. */
  *granted(): Generator<Grant> {
    if (this.closedBy !== null) return;
    for (const upstream of this.#servers) yield* this.#server(upstream, `mcp_servers "${upstream}"`);
    for (const group of this.#groups) {
      const members = this.universe.accessGroup(group) ?? [];
      for (const upstream of members) yield* this.#server(upstream, `mcp_access_groups "${group}"`);
    }
    for (const [upstream, tools] of this.#tools) {
      for (const tool of tools)
        yield { upstream, tool, source: `mcp_tool_permissions "${upstream}": "${tool}"` };
    }
    for (const toolset of this.#toolsets) {
      for (const [upstream, tools] of this.universe.toolset(toolset) ?? []) {
        for (const tool of tools) yield { upstream, tool, source: `mcp_toolsets "${toolset}"` };
      }
    }
  }

  /** Access groups and toolsets that do not exist, or not yet. */
  *unknown(): Generator<{ list: 'mcp_access_groups' | 'mcp_toolsets'; name: string }> {
    for (const name of this.#groups) {
      if (this.universe.accessGroup(name) === undefined) yield { list: 'mcp_access_groups', name };
    }
    for (const name of this.#toolsets) {
      if (this.universe.toolset(name) === undefined) yield { list: 'mcp_toolsets', name };
    }
  }

  *#server(upstream: string, source: string): Generator<Grant> {
    if (!this.#tools.has(upstream)) yield { upstream, source };
  }

  #namesAllToolsOf(upstream: string): boolean {
    return this.#tools.get(upstream)?.some((pattern) => /^\*+$/.test(pattern)) ?? false;
  }
}

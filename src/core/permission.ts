/** LiteLLM's `object_permission`, as it is written on an organization, team, user or key (contract section 7). */
export interface ObjectPermission {
  readonly mcp_servers?: readonly string[];
  readonly mcp_access_groups?: readonly string[];
  readonly mcp_toolsets?: readonly string[];
  /** Upstream name or id to the tools of it that the level allows; `*` is a wildcard within a tool name. */
  readonly mcp_tool_permissions?: Readonly<Record<string, readonly string[]>>;
  /** Qualified tool names with wildcards; a denial anywhere wins. */
  readonly mcp_denied_tools?: readonly string[];
}

/** Stands for a server, group or toolset in any list of an object permission: the level allows nothing (LiteLLM). */
export const noMcpServers = 'no-mcp-servers';

export type PermissionLevelKind = 'organization' | 'team' | 'user' | 'key';

export interface PermissionLevel {
  readonly kind: PermissionLevelKind;
  readonly id: string;
  /** null: the level says nothing. */
  readonly permission: ObjectPermission | null;
}

/** What one principal may use: the intersection of its levels. Immutable; thrown away when a level changes. */
export interface AccessPolicy {
  /** Equal for policies that decide alike whatever their ids, so that principals can share compiled views. */
  readonly fingerprint: string;
  /** Outermost first: organization, team, user, key. Empty for the master key. */
  readonly levels: readonly PermissionLevel[];
  readonly defaultAccess: 'all' | 'none';
  /** The master key: no permission restricts it. */
  readonly unrestricted: boolean;
}

/** What names in an object permission refer to. Built from configuration and directory, immutable. */
export interface PermissionUniverse {
  /** The upstream's canonical name for a name or id; undefined when nothing is called so. */
  upstreamName(nameOrId: string): string | undefined;
  /** Access groups an upstream belongs to. */
  accessGroupsOf(upstream: string): ReadonlySet<string>;
  /** Upstreams of an access group; undefined when no upstream is in a group of that name. */
  accessGroup(name: string): ReadonlySet<string> | undefined;
  /** Tools (upstream's own names) of an upstream that a toolset names; undefined when there is no such toolset. */
  toolset(name: string): ReadonlyMap<string, ReadonlySet<string>> | undefined;
  /** The public name of a tool, which `mcp_denied_tools` matches; with an empty tool, how they all begin. */
  qualifiedName(upstream: string, tool: string): string;
}

export interface AccessTarget {
  /** Canonical upstream name. */
  readonly upstream: string;
  /** The upstream's own name of a tool. Left out: the upstream as a whole (resources, prompts, completion). */
  readonly tool?: string;
}

export interface LevelDecision {
  readonly level: PermissionLevelKind | 'default' | 'master_key' | 'upstream';
  readonly id: string;
  readonly allowed: boolean;
  /** Which rule decided, e.g. `mcp_servers`, `mcp_tool_permissions`, `mcp_denied_tools`, `no_permission_set`. */
  readonly rule: string;
}

export interface Decision {
  readonly allowed: boolean;
  readonly decidedBy: LevelDecision;
  readonly levels: readonly LevelDecision[];
}

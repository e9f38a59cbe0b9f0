import { plainSeparator } from './denied-tools.js';
import { noMcpServers, type ObjectPermission, type PermissionUniverse } from './permission.js';

/**
 * An object permission after an update: each list that `change` has takes the place of the one there was, the others
 * stay; null takes the whole permission away.
 */
export function mergeObjectPermission(
  current: ObjectPermission | null,
  change: ObjectPermission | null,
): ObjectPermission | null {
  return change === null ? null : { ...current, ...change };
}

/**
 * Names that no server, access group or toolset has (yet), each with where it stands, e.g. `mcp_servers: "gihub"`. They
 * grant nothing. Tool names of known servers are not looked at: a server's tools come and go.
 */
export function unknownNames(permission: ObjectPermission, universe: PermissionUniverse): readonly string[] {
  const isServer = (name: string): boolean => universe.upstreamName(name) !== undefined;
  const unknownIn = (
    list: string,
    names: readonly string[] | undefined,
    isKnown: (name: string) => boolean,
  ): string[] =>
    (names ?? [])
      .filter((name) => name !== noMcpServers && !isKnown(name))
      .map((name) => `${list}: "${name}"`);
  const unknown = [
    ...unknownIn('mcp_servers', permission.mcp_servers, isServer),
    ...unknownIn(
      'mcp_access_groups',
      permission.mcp_access_groups,
      (name) => universe.accessGroup(name) !== undefined,
    ),
    ...unknownIn('mcp_toolsets', permission.mcp_toolsets, (name) => universe.toolset(name) !== undefined),
    ...unknownIn('mcp_tool_permissions', Object.keys(permission.mcp_tool_permissions ?? {}), isServer),
    ...unknownIn('mcp_denied_tools', permission.mcp_denied_tools, (pattern) =>
      beginsWithServer(pattern, universe),
    ),
  ];
  return [...new Set(unknown)];
}

/** Whether a denial begins with a server, by name or id, or may by its wildcard. */
function beginsWithServer(pattern: string, universe: PermissionUniverse): boolean {
  const [beginning = ''] = pattern.split('*', 1);
  const separators = [plainSeparator, universe.qualifiedName('_', '').slice(1)];
  const servers = separators
    .filter((separator) => beginning.includes(separator))
    .map((separator) => beginning.slice(0, beginning.indexOf(separator)));
  if (servers.length === 0) return pattern.includes('*');
  return servers.some((server) => universe.upstreamName(server) !== undefined);
}

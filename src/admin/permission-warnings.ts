import { noMcpServers, type ObjectPermission, type PermissionUniverse } from '../core/permission.js';

/** Names of a permission that mean nothing (yet): they are kept, but grant nothing, which is seldom what was meant. */
export function permissionWarnings(
  permission: ObjectPermission | null,
  universe: PermissionUniverse,
): string[] {
  if (permission === null) return [];
  const {
    mcp_servers = [],
    mcp_access_groups = [],
    mcp_toolsets = [],
    mcp_tool_permissions = {},
  } = permission;
  const unknown = (field: string, names: readonly string[], meaning: (name: string) => unknown): string[] =>
    names
      .filter((name) => name !== noMcpServers && meaning(name) === undefined)
      .map(
        (name) => `object_permission.${field}: nothing is called "${name}" at present; it grants nothing.`,
      );
  const upstream = (name: string): unknown => universe.upstreamName(name);
  return [
    ...unknown('mcp_servers', mcp_servers, upstream),
    ...unknown('mcp_access_groups', mcp_access_groups, (name) => universe.accessGroup(name)),
    ...unknown('mcp_toolsets', mcp_toolsets, (name) => universe.toolset(name)),
    ...unknown('mcp_tool_permissions', Object.keys(mcp_tool_permissions), upstream),
  ];
}

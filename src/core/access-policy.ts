import { createHash } from 'node:crypto';

import type { AccessPolicy, ObjectPermission, PermissionLevel } from './permission.js';

interface PolicyContent {
  /** Outermost first. */
  readonly levels: readonly PermissionLevel[];
  readonly defaultAccess: 'all' | 'none';
  readonly unrestricted: boolean;
}

/** Puts the levels of a principal together. */
export function compilePolicy({ levels, defaultAccess, unrestricted }: PolicyContent): AccessPolicy {
  const fingerprint = fingerprintOf({ levels, defaultAccess, unrestricted });
  return Object.freeze({ fingerprint, levels: Object.freeze([...levels]), defaultAccess, unrestricted });
}

/**
 * SHA-256 of what the policy decides by. Left out is what does not decide: ids and kinds of levels, the order of lists,
 * levels that say nothing.
 */
function fingerprintOf({ levels, defaultAccess, unrestricted }: PolicyContent): string {
  const permissions = unrestricted ? [] : levels.flatMap(({ permission }) => permission ?? []);
  const grants = permissions.map(canonicalGrants).filter((text) => text !== saysNothing);
  const denied = permissions.flatMap((permission) => permission.mcp_denied_tools ?? []);
  const content = [unrestricted || defaultAccess, sortedUnique(denied), sortedUnique(grants)];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function canonicalGrants(permission: ObjectPermission): string {
  const { mcp_servers, mcp_access_groups, mcp_toolsets, mcp_tool_permissions } = permission;
  const tools = Object.entries(mcp_tool_permissions ?? {}).map(([server, names]) => [
    server,
    sortedUnique(names),
  ]);
  return JSON.stringify([
    // That the list is there and empty says something.
    mcp_servers === undefined ? null : sortedUnique(mcp_servers),
    sortedUnique(mcp_access_groups ?? []),
    sortedUnique(mcp_toolsets ?? []),
    tools.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  ]);
}

const saysNothing = canonicalGrants({});

function sortedUnique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}

import { authorize } from './authorize.js';
import { Grants, type Grant } from './grants.js';
import type { AccessPolicy, ObjectPermission, PermissionUniverse } from './permission.js';

/**
 * The first name in a permission of which the grantor has nothing, e.g. `mcp_servers "crm"`; null when there is none.
 *
 * `excessOfGrant` asks what a key could do in the end; this asks what is written down for it, so that nobody gives what
 * only levels further up would take away again. A group, a toolset, a wildcard or a whole server may hold more than the
 * grantor has, as long as there is something of it that they have. Names without a meaning count as what they may come to
 * mean: who is restricted has nothing of them.
 */
export function foreignGrant(
  permission: ObjectPermission,
  grantor: AccessPolicy,
  universe: PermissionUniverse,
): string | null {
  if (grantor.unrestricted) return null;
  const limits = grantor.levels
    .flatMap(({ permission: level }) => (level === null ? [] : [new Grants(level, universe)]))
    .filter(({ restricts }) => restricts);
  const hasSome = ({ upstream, tool }: Grant): boolean => {
    if (tool !== undefined && !tool.includes('*')) {
      return authorize(grantor, universe, { upstream, tool }).allowed;
    }
    if (limits.length === 0) return grantor.defaultAccess === 'all';
    return limits.every((limit) => hasAny(limit, upstream));
  };

  const named = new Grants(permission, universe);
  const had = new Map<string, boolean>();
  for (const grant of named.granted()) {
    had.set(grant.source, had.get(grant.source) === true || hasSome(grant));
  }
  for (const { list, name } of named.unknown()) {
    had.set(
      `${list} "${name}"`,
      limits.every((limit) => limit.names(list, name)),
    );
  }
  return [...had].find(([, isHad]) => !isHad)?.[0] ?? null;
}

function hasAny(grants: Grants, upstream: string): boolean {
  for (const grant of grants.granted()) if (grant.upstream === upstream) return true;
  return false;
}

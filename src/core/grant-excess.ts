import { DeniedTools } from './denied-tools.js';
import { Grants, type Grant } from './grants.js';
import type { AccessPolicy, PermissionLevel, PermissionUniverse } from './permission.js';
import { matchesWildcard } from './wildcard.js';

/** `qualifiedName` keeps at least this much of how a long name begins. */
const keptBeginning = 50;

/**
 * What a new policy would allow beyond the policy of who grants it; null when it is as narrow or narrower. "Nobody can
 * grant what they do not have", as one sentence for the answer.
 *
 * Sound and not complete: null only if everything that `granted` allows `grantor` allows too, as groups, toolsets and
 * servers now stand; but a grant may be called too wide where only several of its levels together are narrow enough, or
 * where wildcards might name more than they do. Names that mean nothing count as what they may come to mean.
 */
export function excessOfGrant(
  granted: AccessPolicy,
  grantor: AccessPolicy,
  universe: PermissionUniverse,
): string | null {
  if (grantor.unrestricted) return null;
  if (granted.unrestricted) return 'It would be allowed everything.';
  const levels = compile(granted, universe);
  if (allowsNothing(granted, levels)) return null;
  const limits = compile(grantor, universe);
  if (allowsNothing(grantor, limits)) return 'You may use no server yourself.';
  return grantsBeyond(levels, limits) ?? missingDenial(levels, limits, universe);
}

interface Level {
  readonly name: PermissionLevel['kind'];
  readonly grants: Grants;
  readonly denied: DeniedTools;
}

function compile(policy: AccessPolicy, universe: PermissionUniverse): readonly Level[] {
  return policy.levels.flatMap(({ kind, permission }): Level[] => {
    if (permission === null) return [];
    const denied = new DeniedTools(permission.mcp_denied_tools ?? [], universe);
    return [{ name: kind, grants: new Grants(permission, universe), denied }];
  });
}

function allowsNothing({ defaultAccess }: AccessPolicy, levels: readonly Level[]): boolean {
  const restricting = levels.filter(({ grants }) => grants.restricts);
  if (restricting.length === 0) return defaultAccess === 'none';
  return restricting.some(({ grants }) => isEmpty(grants.granted()) && isEmpty(grants.unknown()));
}

function isEmpty(iterator: Iterator<unknown>): boolean {
  return iterator.next().done === true;
}

/** Each level of the grantor must be kept by one of the grant's own, which has to be within it whole. */
function grantsBeyond(levels: readonly Level[], limits: readonly Level[]): string | null {
  const restricting = levels.filter(({ grants }) => grants.restricts);
  for (const { name, grants: limit } of limits.filter(({ grants }) => grants.restricts)) {
    const excesses = restricting.map(({ grants }) => firstBeyond(grants, limit));
    if (excesses.includes(null)) continue;
    const excess = excesses.at(-1) ?? 'Without an object_permission it';
    return `${excess} would be allowed more than your ${name} is.`;
  }
  return null;
}

function firstBeyond(grants: Grants, limit: Grants): string | null {
  for (const { upstream, tool, source } of grants.granted()) {
    // A wildcard is held against wildcards as if it were a name: only a star can match its star.
    if (limit.grantedBy(upstream, tool) === null) return source;
  }
  for (const { list, name } of grants.unknown()) {
    if (!limit.names(list, name)) return `${list} "${name}"`;
  }
  return null;
}

/** What the grantor is denied must be denied here too, or be nothing that some level of the grant has. */
function missingDenial(
  levels: readonly Level[],
  limits: readonly Level[],
  universe: PermissionUniverse,
): string | null {
  for (const { denied } of limits) {
    for (const pattern of denied.patterns) {
      const isDenied = levels.some((level) => level.denied.covers(pattern));
      if (isDenied || levels.some((level) => !canMeet(pattern, level, universe))) continue;
      return `"${pattern}" is denied to you; deny it here too (mcp_denied_tools).`;
    }
  }
  return null;
}

/** Whether a denial could hit anything that a level grants. */
function canMeet(pattern: string, { grants, denied }: Level, universe: PermissionUniverse): boolean {
  if (!grants.restricts || !isEmpty(grants.unknown())) return true;
  const [beginning = ''] = pattern.split('*', 1);
  const hits = ({ upstream, tool = '*' }: Grant): boolean => {
    if (universe.upstreamName(upstream) === undefined) return true;
    if (!tool.includes('*'))
      return denied.namesOf(upstream, tool).some((name) => matchesWildcard(pattern, name));
    const [toolBeginning = ''] = tool.split('*', 1);
    return denied
      .namesOf(upstream, toolBeginning)
      .some((name) => beginAlike(name.slice(0, keptBeginning), beginning));
  };
  return [...grants.granted()].some(hits);
}

function beginAlike(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

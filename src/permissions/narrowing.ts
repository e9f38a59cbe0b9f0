import { parseDuration, roughDurationMs } from '../core/duration.js';
import type { LimitSettings } from '../core/limits.js';
import type { ObjectPermission } from '../core/permission.js';
import { matchesWildcard } from '../core/wildcard.js';

/*
 * Whether one set of rules gives nothing that another does not give. Compared by what is written, not by what it means
 * at the moment: a server may join an access group tomorrow. Whatever cannot be shown to be narrower counts as wider.
 */

const anyWithin = (inner: string, outers: readonly string[]): boolean =>
  // A wildcard of `inner` is ordinary text to `outer`, so only a wildcard can take it in.
  outers.some((outer) => matchesWildcard(outer, inner));

/** A model list; an empty one means all models. */
export function modelsWithin(inner: readonly string[], outer: readonly string[]): boolean {
  if (outer.length === 0) return true;
  return inner.length > 0 && inner.every((model) => anyWithin(model, outer));
}

/** Names of the limits of `outer` that none of `inners` keeps. */
export function limitsExceeded(inners: readonly LimitSettings[], outer: LimitSettings): string[] {
  const exceeded: string[] = [];
  const check = (name: string, isKept: (inner: LimitSettings) => boolean): void => {
    if (!inners.some(isKept)) exceeded.push(name);
  };
  for (const [name, field] of numericLimits) {
    const most = outer[field];
    if (most !== undefined) check(name, (inner) => (inner[field] ?? Infinity) <= most);
  }
  for (const [server, most] of Object.entries(outer.mcpRpmLimit ?? {})) {
    check('mcp_rpm_limit', ({ mcpRpmLimit = {} }) => {
      const limit = Object.hasOwn(mcpRpmLimit, server) ? mcpRpmLimit[server] : undefined;
      return limit !== undefined && limit <= most;
    });
  }
  if (outer.maxBudget !== undefined) check('max_budget', (inner) => budgetWithin(inner, outer));
  return [...new Set(exceeded)];
}

const numericLimits = [
  ['rpm_limit', 'rpmLimit'],
  ['tpm_limit', 'tpmLimit'],
  ['max_parallel_requests', 'maxParallelRequests'],
  ['mcp_calls_per_day', 'mcpCallsPerDay'],
] as const;

/** As much money or less, renewed as seldom or less. A budget without a duration is never renewed. */
function budgetWithin(inner: LimitSettings, outer: LimitSettings): boolean {
  if (inner.maxBudget === undefined || inner.maxBudget > (outer.maxBudget ?? Infinity)) return false;
  return periodMs(inner.budgetDuration) >= periodMs(outer.budgetDuration);
}

function periodMs(text: string | undefined): number {
  const duration = text === undefined ? null : parseDuration(text);
  return duration === null ? Infinity : roughDurationMs(duration);
}

const nothing = 'no-mcp-servers';

/** Whether a level with this permission lets through only what it names. */
export function restricts(permission: ObjectPermission | null): permission is ObjectPermission {
  if (permission === null) return false;
  // An empty list of servers says "none"; any other empty list says nothing.
  return permission.mcp_servers !== undefined || !namesNothing(permission);
}

function namesNothing(permission: ObjectPermission): boolean {
  const {
    mcp_servers = [],
    mcp_access_groups = [],
    mcp_toolsets = [],
    mcp_tool_permissions = {},
  } = permission;
  const named = mcp_servers.length + mcp_access_groups.length + mcp_toolsets.length;
  return named === 0 && Object.keys(mcp_tool_permissions).length === 0;
}

function allowsNothing(permission: ObjectPermission): boolean {
  const { mcp_servers = [], mcp_access_groups = [], mcp_toolsets = [] } = permission;
  return (
    [...mcp_servers, ...mcp_access_groups, ...mcp_toolsets].includes(nothing) || namesNothing(permission)
  );
}

/** Whether `inner` grants nothing that `outer` withholds, denials aside. */
export function grantsWithin(inner: ObjectPermission | null, outer: ObjectPermission | null): boolean {
  if (!restricts(outer)) return true;
  if (!restricts(inner)) return false;
  if (allowsNothing(inner)) return true;
  if (allowsNothing(outer)) return false;
  const innerTools = inner.mcp_tool_permissions ?? {};
  const outerTools = outer.mcp_tool_permissions ?? {};
  const toolsOfServerWithin = (server: string): boolean => {
    const ours = Object.hasOwn(innerTools, server) ? innerTools[server] : undefined;
    const theirs = Object.hasOwn(outerTools, server) ? outerTools[server] : undefined;
    if (theirs === undefined) return (outer.mcp_servers ?? []).includes(server);
    return ours?.every((tool) => anyWithin(tool, theirs)) === true;
  };
  const named = [...(inner.mcp_servers ?? []), ...Object.keys(innerTools)];
  if (!named.every(toolsOfServerWithin)) return false;
  const groups = inner.mcp_access_groups ?? [];
  const toolsets = inner.mcp_toolsets ?? [];
  if (groups.length === 0 && toolsets.length === 0) return true;
  // A group or toolset may hold any server: those that `outer` cuts down must be cut down here too.
  return (
    Object.keys(outerTools).every(toolsOfServerWithin) &&
    groups.every((group) => (outer.mcp_access_groups ?? []).includes(group)) &&
    toolsets.every((toolset) => (outer.mcp_toolsets ?? []).includes(toolset))
  );
}

/** Whether everything `outer` denies is denied by one of `inners`. */
export function denialsKept(
  inners: readonly (ObjectPermission | null)[],
  outer: ObjectPermission | null,
): boolean {
  const denied = inners.flatMap((inner) => inner?.mcp_denied_tools ?? []);
  return (outer?.mcp_denied_tools ?? []).every((tool) => anyWithin(tool, denied));
}

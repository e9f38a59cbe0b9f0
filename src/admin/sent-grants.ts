import { foreignGrant } from '../core/foreign-grant.js';
import type { LimitSettings } from '../core/limits.js';
import type { AccessPolicy, PermissionUniverse } from '../core/permission.js';
import type { ObjectPermissionInput } from './wire/fields.js';

/** Fields of a request that give something, as they were sent. */
export interface SentGrants {
  readonly object_permission?: ObjectPermissionInput | null | undefined;
  readonly rpm_limit?: number | null | undefined;
  readonly tpm_limit?: number | null | undefined;
  readonly max_parallel_requests?: number | null | undefined;
  readonly mcp_rpm_limit?: Readonly<Record<string, number>> | null | undefined;
  readonly mcp_calls_per_day?: number | null | undefined;
  readonly max_budget?: number | null | undefined;
}

const limitFields = [
  ['rpm_limit', 'rpmLimit'],
  ['tpm_limit', 'tpmLimit'],
  ['max_parallel_requests', 'maxParallelRequests'],
  ['mcp_calls_per_day', 'mcpCallsPerDay'],
  ['max_budget', 'maxBudget'],
] as const;

/** The first limit that was sent and is higher than `most` allows, whatever else may keep it down; null when none is. */
export function limitOverstated(sent: SentGrants, most: LimitSettings): string | null {
  for (const [name, field] of limitFields) {
    if ((sent[name] ?? 0) > (most[field] ?? Infinity)) return name;
  }
  const { mcpRpmLimit = {} } = most;
  const isHigher = ([server, limit]: [string, number]): boolean =>
    Object.hasOwn(mcpRpmLimit, server) && limit > (mcpRpmLimit[server] ?? Infinity);
  return Object.entries(sent.mcp_rpm_limit ?? {}).some(isHigher) ? 'mcp_rpm_limit' : null;
}

/** The first name that was sent and of which one of `grantors` has nothing; null when there is none. */
export function foreignName(
  { object_permission: permission }: SentGrants,
  grantors: readonly AccessPolicy[],
  universe: PermissionUniverse,
): string | null {
  if (permission === undefined || permission === null) return null;
  const given = Object.fromEntries(Object.entries(permission).filter(([, value]) => value !== null));
  for (const grantor of grantors) {
    const foreign = foreignGrant(given, grantor, universe);
    if (foreign !== null) return foreign;
  }
  return null;
}

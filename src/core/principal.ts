import type { LimitLevel } from './limits.js';
import type { AccessPolicy } from './permission.js';

export const roles = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer'] as const;
export type Role = (typeof roles)[number];

/** Who calls: a virtual key with its user, team and organization, resolved once and immutable. */
export interface Principal {
  readonly kind: 'master_key' | 'virtual_key';
  /** Stable id of the key (never a hash); `master_key` for the master key. */
  readonly keyId: string;
  readonly keyAlias: string | null;
  readonly userId: string | null;
  readonly teamId: string | null;
  readonly organizationId: string | null;
  /** The role of the key's user; a key without a user is an `internal_user`, the master key a `proxy_admin`. */
  readonly role: Role;
  /** Epoch milliseconds; null = never. */
  readonly expiresAtMs: number | null;
  readonly policy: AccessPolicy;
  /** Only the levels that have a limit; empty = the limiter has nothing to do. */
  readonly limits: readonly LimitLevel[];
  /** Model allow-lists, one per level that has one; a model must be on each. Empty = all models. */
  readonly modelAllowLists: readonly (readonly string[])[];
  /** Path prefixes or route groups this key may call; null = every route its role may. */
  readonly allowedRoutes: readonly string[] | null;
}

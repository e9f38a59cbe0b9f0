import { compilePolicy } from '../core/access-policy.js';
import type { LimitLevel, LimitSettings } from '../core/limits.js';
import type { ObjectPermission, PermissionLevel, PermissionLevelKind } from '../core/permission.js';
import type { Principal, Role } from '../core/principal.js';

/** One level of a key as it is stored: organization, team, user or the key itself. */
export interface LevelRecord {
  readonly id: string;
  readonly alias: string | null;
  readonly isBlocked: boolean;
  /** Empty: all models. */
  readonly models: readonly string[];
  readonly objectPermission: ObjectPermission | null;
  readonly limits: LimitSettings;
}

/** All that is stored about who a key is, read at one moment. */
export interface KeyRecord {
  readonly key: LevelRecord;
  readonly user: (LevelRecord & { readonly role: Role }) | null;
  readonly team: LevelRecord | null;
  /** The team's organization, else the key's own. */
  readonly organization: LevelRecord | null;
  /** Epoch milliseconds, of the key or of the secret's grace period, whichever ends first; null = never. */
  readonly expiresAtMs: number | null;
  readonly allowedRoutes: readonly string[] | null;
}

/** What a credential stands for, and whether it is refused all the same. */
export interface Identity {
  readonly principal: Principal;
  /** Hash of the one secret this was read for: a key has two while a regeneration's grace period lasts. */
  readonly hash: string;
  /** The level that is blocked, outermost first; null: none is. */
  readonly blockedBy: { readonly kind: PermissionLevelKind; readonly id: string } | null;
}

const hashes = new WeakMap<Principal, string>();

/** Hash of the secret a principal came with; undefined for the master key. */
export const secretHashOf = (principal: Principal): string | undefined => hashes.get(principal);

/** LiteLLM's names for "no list of its own". */
const unlimitedModels = new Set(['all-proxy-models', 'all-team-models']);

/** Compiles what was read into an immutable principal. Blocking any level blocks the key. */
export function identityOf(hash: string, record: KeyRecord, defaultAccess: 'all' | 'none'): Identity {
  const levels = levelsOf(record);
  const policy = compilePolicy({
    levels: levels.map(({ kind, level }): PermissionLevel => ({
      kind,
      id: level.id,
      permission: level.objectPermission,
    })),
    defaultAccess,
    unrestricted: false,
  });
  const principal: Principal = {
    kind: 'virtual_key',
    keyId: record.key.id,
    keyAlias: record.key.alias,
    userId: record.user?.id ?? null,
    teamId: record.team?.id ?? null,
    organizationId: record.organization?.id ?? null,
    role: record.user?.role ?? 'internal_user',
    expiresAtMs: record.expiresAtMs,
    policy,
    limits: levels.filter(({ level }) => Object.keys(level.limits).length > 0).map(limitLevel),
    modelAllowLists: levels.map(({ level }) => level.models).filter(restrictsModels),
    allowedRoutes: record.allowedRoutes,
  };
  hashes.set(principal, hash);
  const blocked = levels.find(({ level }) => level.isBlocked);
  return {
    principal,
    hash,
    blockedBy: blocked === undefined ? null : { kind: blocked.kind, id: blocked.level.id },
  };
}

interface KindOfLevel {
  readonly kind: PermissionLevelKind;
  readonly level: LevelRecord;
}

/** Outermost first. */
function levelsOf({ organization, team, user, key }: KeyRecord): readonly KindOfLevel[] {
  const levels: KindOfLevel[] = [];
  if (organization !== null) levels.push({ kind: 'organization', level: organization });
  if (team !== null) levels.push({ kind: 'team', level: team });
  if (user !== null) levels.push({ kind: 'user', level: user });
  levels.push({ kind: 'key', level: key });
  return levels;
}

function limitLevel({ kind, level }: KindOfLevel): LimitLevel {
  return { kind, id: level.id, label: `${kind} ${level.alias ?? level.id}`, limits: level.limits };
}

const restrictsModels = (models: readonly string[]): boolean =>
  models.length > 0 && !models.some((model) => unlimitedModels.has(model));

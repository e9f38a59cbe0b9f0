import { Inject, Injectable } from '@nestjs/common';

import { routesWithin } from '../auth/allowed-routes.js';
import { compilePolicy } from '../core/access-policy.js';
import { GatewayError } from '../core/errors.js';
import { excessOfGrant } from '../core/grant-excess.js';
import { unknownNames } from '../core/object-permission.js';
import type { AccessPolicy, PermissionLevelKind } from '../core/permission.js';
import type { Principal, Role } from '../core/principal.js';
import { limitsOf, type LevelFields } from '../directory/level.js';
import { limitsExceeded, modelsWithin } from '../permissions/narrowing.js';
import type { Caller } from '../permissions/relation.js';
import { visibleUniverse } from './mcp/visible-mcp.js';
import { MCP_INSIGHT, type McpInsight } from './ports/mcp-insight.js';
import { foreignName, limitOverstated, type SentGrants } from './sent-grants.js';

/** One level of what is granted. */
export interface GrantedLevel {
  readonly kind: PermissionLevelKind;
  readonly id: string;
  readonly fields: LevelFields;
}

/** A key as it would be, with every level it stands under. */
export interface GrantedKey {
  readonly levels: readonly GrantedLevel[];
  /** null: every route its role may call. */
  readonly allowedRoutes: readonly string[] | null;
  readonly expiresAtMs: number | null;
  /** What the request says of the last of the levels. */
  readonly sent: SentGrants;
}

/** Nobody grants what they do not have, and nobody gives themselves more. */
@Injectable()
export class GrantCheck {
  constructor(@Inject(MCP_INSIGHT) private readonly mcp: McpInsight) {}

  /** Throws FORBIDDEN, naming the field, when a key could do anything that the caller cannot. */
  requireKey(caller: Caller, { levels, allowedRoutes, expiresAtMs, sent }: GrantedKey): void {
    const { principal } = caller;
    if (principal.role === 'proxy_admin') return;
    this.requireLevels(caller, levels, sent);
    if (!routesWithin(allowedRoutes, principal.allowedRoutes))
      throw exceeds('allowed_routes', 'the routes of your key');
    if (principal.expiresAtMs !== null && (expiresAtMs ?? Infinity) > principal.expiresAtMs) {
      throw exceeds('duration', 'the life of your key');
    }
  }

  /**
   * Throws FORBIDDEN, naming the field, when what stands under these levels could do anything that the caller cannot, or
   * when more was `sent` for the last of them than the caller and the levels above it have.
   */
  requireLevels({ principal }: Caller, levels: readonly GrantedLevel[], sent: SentGrants): void {
    if (principal.role === 'proxy_admin') return;
    this.#requireSent(principal, levels.slice(0, -1), sent);
    const isKept = principal.modelAllowLists.every((list) =>
      levels.some(({ fields }) => modelsWithin(fields.models, list)),
    );
    if (!isKept) throw exceeds('models', 'the models you may use');

    const excess = excessOfGrant(policyOf(levels, principal.policy), principal.policy, this.mcp.universe);
    if (excess !== null) throw refused('object_permission', excess);

    const limits = levels.map(({ fields }) => limitsOf(fields));
    for (const { kind, id, limits: most } of principal.limits) {
      // Under the same user, team or organization it counts against the same limit.
      if (levels.some((level) => level.kind === kind && level.id === id && kind !== 'key')) continue;
      const [field] = limitsExceeded(limits, most);
      if (field !== undefined) throw exceeds(field, `the limit of your ${kind}`);
    }
  }

  #requireSent(principal: Principal, above: readonly GrantedLevel[], sent: SentGrants): void {
    const grantors = [principal.policy, policyOf(above, principal.policy)];
    const foreign = foreignName(sent, grantors, this.mcp.universe);
    if (foreign !== null) {
      throw refused('object_permission', `${foreign} is nothing you have: you can grant only what you have.`);
    }
    const limited = [
      ...principal.limits.map(({ kind, limits }) => ({ limits, whose: `your ${kind}` })),
      ...above.map(({ kind, fields }) => ({ limits: limitsOf(fields), whose: `the ${kind} above` })),
    ];
    for (const { limits, whose } of limited) {
      const field = limitOverstated(sent, limits);
      if (field !== null) throw exceeds(field, `the limit of ${whose}`);
    }
  }

  /**
   * What a caller may make of a level that is there already. One's own may only be narrowed; any other may be what the
   * caller has, or narrower than it was.
   */
  requireChange(
    caller: Caller,
    {
      kind,
      id,
      isOwn,
      above,
      sent,
    }: {
      kind: PermissionLevelKind;
      id: string;
      isOwn: boolean;
      above: readonly GrantedLevel[];
      sent: SentGrants;
    },
    before: LevelFields,
    after: LevelFields,
  ): void {
    if (caller.principal.role === 'proxy_admin') return;
    const widened = this.widenedField(kind, before, after);
    if (widened === null) return;
    if (isOwn)
      throw refused(widened, `Nobody can widen ${widened} of their own ${kind}. Ask whoever administers it.`);
    this.requireLevels(caller, [...above, { kind, id, fields: after }], sent);
  }

  /** The first field in which a level would allow more than before; null when something is only taken away. */
  widenedField(kind: PermissionLevelKind, before: LevelFields, after: LevelFields): string | null {
    if (!modelsWithin(after.models, before.models)) return 'models';
    const policy = (fields: LevelFields): AccessPolicy =>
      policyOf([{ kind, id: '', fields }], { defaultAccess: 'all' });
    if (excessOfGrant(policy(after), policy(before), this.mcp.universe) !== null) return 'object_permission';
    return limitsExceeded([limitsOf(after)], limitsOf(before))[0] ?? null;
  }

  /** Names of a level that mean nothing at present, for the answer's `warnings`; of an update, those it sent. */
  warnings(
    { principal }: Caller,
    level: LevelFields,
    sent?: SentGrants,
  ): { readonly warnings?: readonly string[] } {
    const isSent = (field: 'object_permission' | 'mcp_rpm_limit'): boolean =>
      sent === undefined || sent[field] != null;
    const { objectPermission, mcpRpmLimit } = level;
    // What the caller may not know of is to them as if it were not there.
    const universe = visibleUniverse(principal, this.mcp);
    const unknown = objectPermission === null ? [] : unknownNames(objectPermission, universe);
    const unlimited = Object.keys(mcpRpmLimit ?? {}).filter(
      (name) => universe.upstreamName(name) === undefined,
    );
    const warnings = [
      ...(isSent('object_permission') ? unknown : []).map(
        (name) =>
          `object_permission.${name} names nothing at present and ${name.startsWith('mcp_denied_tools') ? 'denies' : 'grants'} nothing.`,
      ),
      ...(isSent('mcp_rpm_limit') ? unlimited : []).map(
        (name) => `mcp_rpm_limit: "${name}" names no server at present and limits nothing.`,
      ),
    ];
    return warnings.length === 0 ? {} : { warnings };
  }

  /** Nobody hands out a key of a user who may more: roles that administer, or groups the caller does not administer. */
  requireNoMorePower(
    caller: Caller,
    user: {
      readonly role: Role;
      readonly teams: Caller['teams'];
      readonly organizations: Caller['organizations'];
    },
  ): void {
    if (caller.principal.role === 'proxy_admin') return;
    const isPlain = user.role === 'internal_user' || user.role === 'internal_user_viewer';
    const isWithin = (theirs: Caller['teams'], ours: Caller['teams']): boolean =>
      [...theirs].every(([id, role]) => role !== 'admin' || ours.get(id) === 'admin');
    if (isPlain && isWithin(user.teams, caller.teams) && isWithin(user.organizations, caller.organizations))
      return;
    throw refused('user_id', 'This user may do more than you may grant.');
  }
}

function policyOf(
  levels: readonly GrantedLevel[],
  { defaultAccess }: Pick<AccessPolicy, 'defaultAccess'>,
): AccessPolicy {
  return compilePolicy({
    levels: levels.map(({ kind, id, fields }) => ({ kind, id, permission: fields.objectPermission })),
    defaultAccess,
    unrestricted: false,
  });
}

const refused = (param: string, message: string): GatewayError =>
  new GatewayError('FORBIDDEN', { param, message });

const exceeds = (param: string, what: string): GatewayError =>
  refused(
    param,
    `${param} would go beyond ${what}: you can grant only what you have. Set ${param} within it.`,
  );

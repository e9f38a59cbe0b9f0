import { Injectable } from '@nestjs/common';

import { routesWithin } from '../../auth/allowed-routes.js';
import { GatewayError } from '../../core/errors.js';
import type { LevelFields } from '../../directory/level.js';
import type { VirtualKeyFields } from '../../directory/virtual-key.js';
import type { Permission } from '../../permissions/permission-table.js';
import type { Caller, Subject } from '../../permissions/relation.js';
import { forbidden, may } from '../../permissions/require-on.js';
import { GrantCheck, type GrantedLevel } from '../grant-check.service.js';
import type { SentGrants } from '../sent-grants.js';
import type { KeyHolder } from './key-holder.service.js';

type GrantedFields = Pick<VirtualKeyFields, 'allowedRoutes' | 'expiresAt'> & LevelFields;

/** Whether a caller may have, give or change a key as it would be. */
@Injectable()
export class KeyGrant {
  constructor(private readonly check: GrantCheck) {}

  /** Throws FORBIDDEN when a key with these fields could do anything that the caller cannot. */
  require(
    caller: Caller,
    { keyId, fields, sent }: { keyId: string; fields: GrantedFields; sent: SentGrants },
    { organization, team, user }: KeyHolder,
  ): void {
    const levels: GrantedLevel[] = [];
    if (organization !== null)
      levels.push({ kind: 'organization', id: organization.id, fields: organization });
    if (team !== null) levels.push({ kind: 'team', id: team.id, fields: team });
    if (user !== null) levels.push({ kind: 'user', id: user.id, fields: user });
    levels.push({ kind: 'key', id: keyId, fields });
    const expiresAtMs = fields.expiresAt?.getTime() ?? null;
    this.check.requireKey(caller, { levels, allowedRoutes: routesOf(fields), expiresAtMs, sent });
  }

  /** Whether an update only takes something away. */
  isOnlyNarrower(before: GrantedFields, after: GrantedFields): boolean {
    const endOf = ({ expiresAt }: GrantedFields): number => expiresAt?.getTime() ?? Infinity;
    return (
      this.check.widenedField('key', before, after) === null &&
      routesWithin(routesOf(after), routesOf(before)) &&
      endOf(after) <= endOf(before)
    );
  }

  /** Throws FORBIDDEN unless the caller may have a key of this holder in hand. */
  requireHolder(
    caller: Caller,
    permission: Permission,
    { user, memberships, team, organization }: KeyHolder,
  ): void {
    const subject: Subject = { userId: user?.id, teamId: team?.id, organizationId: organization?.id };
    if (!may(caller, permission, subject)) {
      throw forbidden(
        permission,
        'You may do this for yourself, and for teams and organizations you administer',
      );
    }
    if (user === null || memberships === null || user.id === caller.principal.userId) return;
    this.check.requireNoMorePower(caller, { role: user.role, ...memberships });
  }

  /** Names of a key that mean nothing at present; of an update, those it sent. */
  warnings(caller: Caller, key: LevelFields, sent?: SentGrants): { readonly warnings?: readonly string[] } {
    return this.check.warnings(caller, key, sent);
  }

  /** Whoever's it is may block it; only an administrator, and not for a key of their own, may unblock it. */
  requireBlocking(caller: Caller, subject: Subject, blocked: boolean): void {
    const permission = blocked ? 'keys.block' : 'keys.unblock';
    if (!may(caller, permission, subject)) throw forbidden(permission);
    if (blocked || caller.principal.role === 'proxy_admin') return;
    const { userId, keyId } = caller.principal;
    if (subject.keyId === keyId || (userId !== null && subject.userId === userId)) {
      throw new GatewayError('FORBIDDEN', {
        message: 'Another administrator must unblock a key of your own.',
      });
    }
  }
}

const routesOf = ({ allowedRoutes }: GrantedFields): readonly string[] | null =>
  allowedRoutes.length === 0 ? null : allowedRoutes;

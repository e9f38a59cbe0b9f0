import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import { emptyLevel } from '../../directory/level.js';
import type { MembershipsOfUser } from '../../directory/membership.js';
import { MembershipService } from '../../directory/membership.service.js';
import type { User } from '../../directory/user.js';
import { UserService } from '../../directory/user.service.js';
import type { Permission } from '../../permissions/permission-table.js';
import type { Caller } from '../../permissions/relation.js';
import { forbidden, may, notFound, requireOn } from '../../permissions/require-on.js';
import type { AdminRequest } from '../admin-request.js';
import { AdminChanges, type ChangeNote } from '../admin-changes.service.js';
import { GrantCheck } from '../grant-check.service.js';
import { KeyIssuer } from '../keys/key-issuer.service.js';
import { keyRow } from '../wire/key-wire.js';
import { difference, patched } from '../wire/level-wire.js';
import { userPatch, userRow, type NewUserBody, type UpdateUserBody } from '../wire/user-wire.js';
import { UserGroups } from './user-groups.service.js';

/** What only a proxy admin changes of a user, whoever's it is. */
const proxyAdminFields = ['user_role', 'blocked'] as const;

/** Creates, changes and ends users. */
@Injectable()
export class UserAdmin {
  constructor(
    private readonly changes: AdminChanges,
    private readonly users: UserService,
    private readonly memberships: MembershipService,
    private readonly grants: GrantCheck,
    private readonly groups: UserGroups,
    private readonly issuer: KeyIssuer,
  ) {}

  /** With a first key, unless `auto_create_key` is false. Throws NOT_FOUND, FORBIDDEN, CONFLICT. */
  create(request: AdminRequest, body: NewUserBody) {
    return this.changes.run(request, 'user.new', async ({ caller, by, note }) => {
      const { memberships, levels } = await this.groups.join(caller, body);
      const organizationIds = body.organizations ?? [];
      if (!may(caller, 'users.create', { organizationIds })) {
        throw forbidden('users.create', 'Name in "organizations" the organizations you administer');
      }
      requireRole(caller, body.user_role);
      const patch = userPatch(body, null);
      const fields = patched(emptyLevel, patch);
      this.grants.requireLevels(caller, [...levels, { kind: 'user', id: '', fields }], body);
      const user = await this.users.create(body.user_id ?? null, patch, memberships, by);
      const row = userRow(user);
      note.target = { type: 'user', id: user.id };
      const groups = { teams: body.teams ?? [], organizations: organizationIds };
      note.after = { ...row, ...groups };
      const key = body.auto_create_key ? await this.#firstKey(caller, by, user, body) : null;
      if (key !== null) note.after = { ...note.after, key_id: key.key_id };
      return {
        ...row,
        ...groups,
        ...this.grants.warnings(caller, user),
        ...key,
      };
    });
  }

  /** Only the fields that were sent change. Throws NOT_FOUND, FORBIDDEN, CONFLICT. */
  update(request: AdminRequest, body: UpdateUserBody) {
    return this.changes.run(request, 'user.update', async ({ caller, by, note }) => {
      const { user, memberships } = await this.require(caller, 'users.update', body.user_id, note);
      for (const field of proxyAdminFields) {
        if (body[field] !== undefined && caller.principal.role !== 'proxy_admin') {
          throw new GatewayError('FORBIDDEN', {
            param: field,
            message: `Only a proxy admin may change ${field}.`,
          });
        }
      }
      const isOwn = user.id === caller.principal.userId;
      const above = await this.groups.levelsOf(memberships);
      const change = await this.users.change(user.id, by, (current) => {
        const patch = userPatch(body, current);
        const level = { kind: 'user', id: user.id, isOwn, above, sent: body } as const;
        this.grants.requireChange(caller, level, current, patched(current, patch));
        return patch;
      });
      if (change === null) throw notFound(wanted);
      Object.assign(note, difference(userRow(change.before), userRow(change.after)));
      return {
        user_id: user.id,
        data: userRow(change.after),
        ...this.grants.warnings(caller, change.after, body),
      };
    });
  }

  /** All or, when one of them cannot be deleted, none. Their keys end with them. */
  delete(request: AdminRequest, userIds: readonly string[]) {
    return this.changes.run(request, 'user.delete', async ({ caller, note }) => {
      const users: User[] = [];
      for (const id of new Set(userIds))
        users.push((await this.require(caller, 'users.delete', id, note)).user);
      const ids = users.map(({ id }) => id);
      note.target = { type: 'user', id: ids.join(',') };
      note.before = { users: users.map(userRow) };
      await this.users.delete(ids);
      return { deleted_users: ids };
    });
  }

  /** A user that the caller may do this to, and who may not do more than the caller. Throws NOT_FOUND, FORBIDDEN. */
  async require(
    caller: Caller,
    permission: Extract<Permission, 'users.read' | 'users.update' | 'users.delete'>,
    userId: string,
    note?: ChangeNote,
  ): Promise<{ user: User; memberships: MembershipsOfUser }> {
    const user = await this.users.find(userId);
    const memberships = await this.memberships.ofUser(userId);
    const organizationIds = [...memberships.organizations.keys()];
    const subject = user === null ? null : { userId: user.id, organizationIds };
    if (note !== undefined && user !== null) note.target = { type: 'user', id: user.id };
    requireOn(caller, permission, 'users.read', { ...wanted, subject });
    if (user === null) throw notFound(wanted);
    if (permission !== 'users.read' && user.id !== caller.principal.userId) {
      this.grants.requireNoMorePower(caller, { role: user.role, ...memberships });
    }
    return { user, memberships };
  }

  /** Under the creator's organization, so that what holds for it holds for the key. */
  async #firstKey(caller: Caller, by: string, user: User, body: NewUserBody) {
    const [organization] = caller.principal.role === 'proxy_admin' ? [] : (body.organizations ?? []);
    const { key_alias, duration } = body;
    const first = { user_id: user.id, key_alias, duration, organization_id: organization };
    const issued = await this.issuer.issue(caller, first, by).catch(async (error: unknown) => {
      // All or nothing: a request that fails leaves no user behind.
      await this.users.delete([user.id]);
      throw error;
    });
    const { key_id, token, token_id, key_name, key_alias: alias, expires } = keyRow(issued.key);
    return { key: issued.secret.reveal(), key_id, token, token_id, key_name, key_alias: alias, expires };
  }
}

const wanted = { noun: 'User', param: 'user_id' };

/** Nobody makes somebody who administers but a proxy admin. */
function requireRole(caller: Caller, role: NewUserBody['user_role']): void {
  if (caller.principal.role === 'proxy_admin' || role == null || role.startsWith('internal_')) return;
  throw new GatewayError('FORBIDDEN', {
    param: 'user_role',
    message: `Only a proxy admin may make a ${role}.`,
  });
}

import { Injectable } from '@nestjs/common';

import { MembershipService } from '../../directory/membership.service.js';
import type { MembershipRole } from '../../directory/membership.js';
import type { Organization } from '../../directory/organization.js';
import { OrganizationService } from '../../directory/organization.service.js';
import type { Permission } from '../../permissions/permission-table.js';
import type { Caller } from '../../permissions/relation.js';
import { notFound, requireOn } from '../../permissions/require-on.js';
import type { AdminRequest } from '../admin-request.js';
import { AdminChanges, type ChangeNote } from '../admin-changes.service.js';
import { GrantCheck } from '../grant-check.service.js';
import { MemberResolver } from '../members/member-resolver.service.js';
import { difference, patched } from '../wire/level-wire.js';
import type { MemberInput, Who } from '../wire/member-wire.js';
import {
  organizationPatch,
  organizationRow,
  type NewOrganizationBody,
  type UpdateOrganizationBody,
} from '../wire/organization-wire.js';
import { userRow } from '../wire/user-wire.js';

/** Creates, changes and ends organizations, and says who is in them. */
@Injectable()
export class OrganizationAdmin {
  constructor(
    private readonly changes: AdminChanges,
    private readonly organizations: OrganizationService,
    private readonly memberships: MembershipService,
    private readonly members: MemberResolver,
    private readonly grants: GrantCheck,
  ) {}

  /** Throws CONFLICT. */
  create(request: AdminRequest, body: NewOrganizationBody) {
    return this.changes.run(request, 'organization.new', async ({ caller, by, note }) => {
      const fields = { ...organizationPatch(body, null), alias: body.organization_alias };
      const organization = await this.organizations.create(body.organization_id ?? null, fields, [], by);
      const row = organizationRow(organization, []);
      note.target = { type: 'organization', id: organization.id };
      note.after = row;
      return { ...row, ...this.grants.warnings(caller, organization) };
    });
  }

  /** Only the fields that were sent change. An organization's own administrator only narrows it. */
  update(request: AdminRequest, body: UpdateOrganizationBody) {
    return this.changes.run(request, 'organization.update', async ({ caller, by, note }) => {
      const { id, blocked } = await this.require(caller, 'organizations.update', body.organization_id, note);
      if (body.blocked !== undefined && (body.blocked ?? false) !== blocked)
        this.#requireBlocking(caller, id);
      const change = await this.organizations.change(id, by, (current) => {
        const patch = organizationPatch(body, current);
        const level = { kind: 'organization', id, isOwn: true, above: [], sent: body } as const;
        this.grants.requireChange(caller, level, current, patched(current, patch));
        return patch;
      });
      if (change === null) throw notFound(wanted);
      const row = organizationRow(change.after, []);
      Object.assign(note, difference(organizationRow(change.before, []), row));
      return { ...(await this.row(change.after)), ...this.grants.warnings(caller, change.after, body) };
    });
  }

  /** All or none, with their teams and all keys. */
  delete(request: AdminRequest, ids: readonly string[]) {
    return this.changes.run(request, 'organization.delete', async ({ caller, note }) => {
      const organizations: Organization[] = [];
      for (const id of new Set(ids))
        organizations.push(await this.require(caller, 'organizations.delete', id, note));
      const found = organizations.map(({ id }) => id);
      note.target = { type: 'organization', id: found.join(',') };
      note.before = { organizations: organizations.map((organization) => organizationRow(organization, [])) };
      await this.organizations.delete(found);
      return { deleted_organizations: found };
    });
  }

  addMembers(request: AdminRequest, organizationId: string, inputs: readonly MemberInput[]) {
    return this.changes.run(request, 'organization.member_add', async ({ caller, note }) => {
      const { id } = await this.require(caller, 'organizations.manage_members', organizationId, note);
      const users = [];
      const added = [];
      for (const input of inputs) {
        const user = await this.members.toAdd(caller, { teamId: null, organizationId: id }, input);
        users.push(user);
        added.push({ groupId: id, userId: user.id, role: input.role });
      }
      await this.memberships.put('organization', added);
      note.after = { members: added };
      return {
        organization_id: id,
        updated_users: users.map(userRow),
        updated_organization_memberships: added.map(({ userId, role }) => ({
          organization_id: id,
          user_id: userId,
          role,
        })),
      };
    });
  }

  updateMember(request: AdminRequest, organizationId: string, who: Who, role: MembershipRole) {
    return this.changes.run(request, 'organization.member_update', async ({ caller, note }) => {
      const { id } = await this.require(caller, 'organizations.manage_members', organizationId, note);
      const user = await this.members.member('organization', id, who);
      await this.memberships.put('organization', [{ groupId: id, userId: user.id, role }]);
      note.after = { user_id: user.id, role };
      return { organization_id: id, user_id: user.id, user_email: user.email, role };
    });
  }

  removeMember(request: AdminRequest, organizationId: string, who: Who) {
    return this.changes.run(request, 'organization.member_delete', async ({ caller, note }) => {
      const { id } = await this.require(caller, 'organizations.manage_members', organizationId, note);
      const user = await this.members.member('organization', id, who);
      await this.memberships.remove('organization', id, [user.id]);
      note.before = { user_id: user.id };
      return { organization_id: id, user_id: user.id };
    });
  }

  /** An organization that the caller may do this to. Throws NOT_FOUND, FORBIDDEN. */
  async require(
    caller: Caller,
    permission: Extract<Permission, `organizations.${string}`>,
    organizationId: string,
    note?: ChangeNote,
  ): Promise<Organization> {
    const organization = await this.organizations.find(organizationId);
    const subject = organization === null ? null : { organizationId: organization.id };
    if (note !== undefined && organization !== null)
      note.target = { type: 'organization', id: organization.id };
    requireOn(caller, permission, 'organizations.read', { ...wanted, subject });
    if (organization === null) throw notFound(wanted);
    return organization;
  }

  async row(organization: Organization) {
    return organizationRow(organization, await this.memberships.ofGroups('organization', [organization.id]));
  }

  #requireBlocking(caller: Caller, organizationId: string): void {
    requireOn(caller, 'organizations.delete', 'organizations.read', {
      ...wanted,
      subject: { organizationId },
    });
  }
}

const wanted = { noun: 'Organization', param: 'organization_id' };

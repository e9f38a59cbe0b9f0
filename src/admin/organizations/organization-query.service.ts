import { Injectable } from '@nestjs/common';

import { MembershipService } from '../../directory/membership.service.js';
import { OrganizationService } from '../../directory/organization.service.js';
import { TeamService } from '../../directory/team.service.js';
import { may } from '../../permissions/require-on.js';
import type { AdminRequest } from '../admin-request.js';
import { CallerService, seesEverything } from '../caller.service.js';
import { organizationRow, type OrganizationListQuery } from '../wire/organization-wire.js';
import { teamRows } from '../wire/team-wire.js';
import { OrganizationAdmin } from './organization-admin.service.js';

/** An organization's answer holds this many of its teams; `/team/list?organization_id=` has them all. */
const teamsShown = 100;

/** Looks at organizations. */
@Injectable()
export class OrganizationQuery {
  constructor(
    private readonly callers: CallerService,
    private readonly admin: OrganizationAdmin,
    private readonly organizations: OrganizationService,
    private readonly teams: TeamService,
    private readonly memberships: MembershipService,
  ) {}

  /** With those of its teams that the caller may see. Throws NOT_FOUND. */
  async info({ principal }: AdminRequest, organizationId: string) {
    const caller = await this.callers.of(principal);
    const organization = await this.admin.require(caller, 'organizations.read', organizationId);
    const { items } = await this.teams.list(
      { organizationId: organization.id },
      { page: 1, size: teamsShown },
    );
    const visible = items.filter(({ id }) => may(caller, 'teams.read', { teamId: id, organizationId }));
    const members = await this.memberships.ofGroups('team', idsOf(visible));
    return { ...(await this.admin.row(organization)), teams: teamRows(visible, members) };
  }

  /** One page of the organizations the caller is in; filters only narrow that. */
  async list({ principal }: AdminRequest, query: OrganizationListQuery) {
    const caller = await this.callers.of(principal);
    const own = principal.organizationId === null ? [] : [principal.organizationId];
    const filter = {
      id: query.organization_id ?? query.org_id,
      alias: query.organization_alias,
      among: seesEverything(caller) ? undefined : [...caller.organizations.keys(), ...own],
    };
    const { items } = await this.organizations.list(filter, query);
    const members = await this.memberships.ofGroups('organization', idsOf(items));
    return items.map((organization) =>
      organizationRow(
        organization,
        members.filter(({ groupId }) => groupId === organization.id),
      ),
    );
  }
}

const idsOf = (groups: readonly { readonly id: string }[]) => groups.map(({ id }) => id);

import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import { MembershipService } from '../../directory/membership.service.js';
import { TeamService } from '../../directory/team.service.js';
import { UserService } from '../../directory/user.service.js';
import { VirtualKeyService } from '../../directory/virtual-key.service.js';
import { may } from '../../permissions/require-on.js';
import type { AdminRequest } from '../admin-request.js';
import { administered, CallerService, seesEverything } from '../caller.service.js';
import { visibleKeys } from '../keys/key-query.service.js';
import { keyRow } from '../wire/key-wire.js';
import { pageRow } from '../wire/level-wire.js';
import { teamRows } from '../wire/team-wire.js';
import { userRow, type UserListQuery } from '../wire/user-wire.js';
import { UserAdmin } from './user-admin.service.js';

/** A user's answer holds this many of their keys; `/key/list?user_id=` has them all. */
const keysShown = 100;

/** Looks at users. */
@Injectable()
export class UserQuery {
  constructor(
    private readonly callers: CallerService,
    private readonly admin: UserAdmin,
    private readonly users: UserService,
    private readonly teams: TeamService,
    private readonly keys: VirtualKeyService,
    private readonly memberships: MembershipService,
  ) {}

  /** The user asked for, else the caller's, with those of their keys and teams that the caller may see. */
  async info({ principal }: AdminRequest, userId: string | undefined) {
    const asked = userId ?? principal.userId;
    if (asked === null) {
      throw new GatewayError('UNPROCESSABLE', {
        param: 'user_id',
        message: 'user_id is missing: your key has no user.',
      });
    }
    const caller = await this.callers.of(principal);
    const { user, memberships } = await this.admin.require(caller, 'users.read', asked);
    const filter = { userId: user.id, visibleTo: visibleKeys(caller) };
    const { keys } = await this.keys.list(filter, { page: 1, size: keysShown });
    const teams = await this.teams.findMany([...memberships.teams.keys()]);
    const visibleTeams = teams.filter(({ id, organizationId }) =>
      may(caller, 'teams.read', { teamId: id, organizationId }),
    );
    const members = await this.memberships.ofGroups(
      'team',
      visibleTeams.map(({ id }) => id),
    );
    const organizations = [...memberships.organizations]
      .filter(([organizationId]) => may(caller, 'organizations.read', { organizationId }))
      .map(([organizationId, role]) => ({ organization_id: organizationId, role }));
    return {
      user_id: user.id,
      user_info: { ...userRow(user), organizations },
      keys: keys.map(keyRow),
      teams: teamRows(visibleTeams, members),
    };
  }

  /** One page of the users the caller may see; filters only narrow that. */
  async list({ principal }: AdminRequest, query: UserListQuery) {
    const caller = await this.callers.of(principal);
    const filter = {
      ids: query.user_ids?.split(','),
      email: query.user_email,
      role: query.role,
      teamId: query.team,
      organizationId: query.organization_id,
      visibleTo: seesEverything(caller)
        ? undefined
        : { userId: principal.userId, organizationIds: administered(caller.organizations) },
    };
    const page = { page: query.page, size: query.page_size ?? query.size };
    const { items, total } = await this.users.list(filter, page);
    return {
      users: items.map(userRow),
      ...pageRow(total, page),
      total,
      page: page.page,
      page_size: page.size,
    };
  }
}

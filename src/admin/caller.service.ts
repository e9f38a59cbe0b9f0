import { Injectable } from '@nestjs/common';

import type { Principal } from '../core/principal.js';
import { MembershipService } from '../directory/membership.service.js';
import { noMemberships } from '../directory/membership.js';
import type { Caller } from '../permissions/relation.js';

/** Adds to a principal the memberships of its user. */
@Injectable()
export class CallerService {
  constructor(private readonly memberships: MembershipService) {}

  async of(principal: Principal): Promise<Caller> {
    const { userId, role } = principal;
    // Of a role that may everything or read everything nobody asks for memberships.
    const isGlobal = role === 'proxy_admin' || role === 'proxy_admin_viewer';
    const { teams, organizations } =
      userId === null || isGlobal ? noMemberships : await this.memberships.ofUser(userId);
    return { principal, teams, organizations };
  }
}

/** Who did it, as `created_by` and `updated_by` say it. */
export const actorOf = ({ userId, keyId }: Principal): string => userId ?? keyId;

/** Groups in which the caller is an administrator. */
export const administered = (groups: Caller['teams']): string[] =>
  [...groups].filter(([, role]) => role === 'admin').map(([id]) => id);

/** Whether the caller sees and may read everything. */
export const seesEverything = ({ principal: { role } }: Caller): boolean =>
  role === 'proxy_admin' || role === 'proxy_admin_viewer';

import { Injectable } from '@nestjs/common';

import { ChangeBus } from '../database/change-bus.js';
import { withConflicts } from './conflict.store.js';
import type { Membership } from './membership.js';
import { MembershipStore, type GroupKind } from './membership.store.js';

/** Who is in which team and organization; says of every change that it happened. */
@Injectable()
export class MembershipService {
  readonly ofUser: MembershipStore['ofUser'];
  readonly ofGroups: MembershipStore['ofGroups'];

  constructor(
    private readonly store: MembershipStore,
    private readonly bus: ChangeBus,
  ) {
    this.ofUser = store.ofUser.bind(store);
    this.ofGroups = store.ofGroups.bind(store);
  }

  /** Adds members or changes their role, all or none. */
  async put(kind: GroupKind, members: readonly Membership[]): Promise<void> {
    await withConflicts({}, () => this.store.put(kind, members));
    await Promise.all(members.map(({ userId }) => this.bus.publish({ kind: 'membership', id: userId })));
  }

  /** Takes users out of a group; out of a team together with the keys they hold in it. */
  async remove(kind: GroupKind, groupId: string, userIds: readonly string[]): Promise<void> {
    await this.store.remove(kind, groupId, userIds);
    await Promise.all(userIds.map((id) => this.bus.publish({ kind: 'membership', id })));
    // Keys went with them.
    if (kind === 'team') await this.bus.publish({ kind: 'team', id: groupId });
  }
}

import { Injectable } from '@nestjs/common';

import { MembershipService } from '../../directory/membership.service.js';
import type { User } from '../../directory/user.js';
import { UserService } from '../../directory/user.service.js';
import type { Caller } from '../../permissions/relation.js';
import { foreignSubject, may, notFound } from '../../permissions/require-on.js';
import { actorOf } from '../caller.service.js';
import type { Who } from '../wire/member-wire.js';

/** The group that somebody is to be a member of. */
export interface TargetGroup {
  readonly teamId: string | null;
  readonly organizationId: string | null;
}

/** Finds the users that member routes name, as far as the caller may know of them. */
@Injectable()
export class MemberResolver {
  constructor(
    private readonly users: UserService,
    private readonly memberships: MembershipService,
  ) {}

  /**
   * Whom to add. A proxy admin adds users that are not there yet, too, as LiteLLM does: they are created. Everybody else
   * gets NOT_FOUND for users who are unknown or in no group of theirs, alike.
   */
  async toAdd(caller: Caller, group: TargetGroup, who: Who): Promise<User> {
    const user = await this.#find(who);
    if (caller.principal.role === 'proxy_admin') return user ?? this.#create(caller, who);
    const memberships = await this.memberships.ofUser(user?.id ?? '');
    if (user === null) throw notFound(wanted(who));
    const organizationIds = [...memberships.organizations.keys()];
    const isKnown =
      may(caller, 'users.read', { userId: user.id, organizationIds }) ||
      (group.teamId !== null && memberships.teams.has(group.teamId)) ||
      (group.organizationId !== null && memberships.organizations.has(group.organizationId));
    if (!isKnown) throw notFound(wanted(who), foreignSubject);
    return user;
  }

  /** A member of a group. Throws NOT_FOUND for anybody else. */
  async member(kind: 'team' | 'organization', groupId: string, who: Who): Promise<User> {
    const user = await this.#find(who);
    const memberships = await this.memberships.ofUser(user?.id ?? '');
    const groups = kind === 'team' ? memberships.teams : memberships.organizations;
    if (user === null) throw notFound(wanted(who));
    if (!groups.has(groupId)) throw notFound(wanted(who), foreignSubject);
    return user;
  }

  #find({ user_id, user_email }: Who): Promise<User | null> {
    return user_id == null ? this.users.findByEmail(user_email ?? '') : this.users.find(user_id);
  }

  #create(caller: Caller, { user_id, user_email }: Who): Promise<User> {
    return this.users.create(user_id ?? null, { email: user_email ?? null }, [], actorOf(caller.principal));
  }
}

const wanted = ({ user_id }: Who) => ({ noun: 'User', param: user_id == null ? 'user_email' : 'user_id' });

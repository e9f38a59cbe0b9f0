import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { ChangeBus } from '../database/change-bus.js';
import { withConflicts } from './conflict.store.js';
import type { Patch } from './level.js';
import type { User, UserFields } from './user.js';
import { UserStore, type FirstMembership } from './user.store.js';

const uniqueColumns = { user_id: 'user_id', users_pkey: 'user_id', user_email_normalized: 'user_email' };

/** Users; says of every change that it happened. */
@Injectable()
export class UserService {
  readonly find: UserStore['find'];
  readonly findByEmail: UserStore['findByEmail'];
  readonly findMany: UserStore['findMany'];
  readonly list: UserStore['list'];

  constructor(
    private readonly store: UserStore,
    private readonly bus: ChangeBus,
  ) {
    this.find = store.find.bind(store);
    this.findByEmail = store.findByEmail.bind(store);
    this.findMany = store.findMany.bind(store);
    this.list = store.list.bind(store);
  }

  /** Throws CONFLICT when the id or the email address is taken. */
  async create(
    id: string | null,
    fields: Patch<UserFields>,
    memberships: readonly FirstMembership[],
    by: string | null,
  ): Promise<User> {
    return withConflicts(uniqueColumns, () => this.store.insert(id ?? randomUUID(), fields, memberships, by));
  }

  /** Throws CONFLICT when the email address is taken, or no proxy admin would be left. */
  async change(
    id: string,
    by: string | null,
    decide: (current: User) => Patch<UserFields>,
  ): Promise<{ before: User; after: User } | null> {
    const change = await withConflicts(uniqueColumns, () => this.store.change(id, by, decide));
    if (change !== null) await this.bus.publish({ kind: 'user', id });
    return change;
  }

  /** Ends all their keys. Throws CONFLICT when no proxy admin would be left. */
  async delete(ids: readonly string[]): Promise<void> {
    await this.store.delete(ids);
    await Promise.all(ids.map((id) => this.bus.publish({ kind: 'user', id })));
  }
}

import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { ChangeBus } from '../database/change-bus.js';
import { withConflicts } from './conflict.store.js';
import type { Patch } from './level.js';
import type { Membership } from './membership.js';
import type { Organization, OrganizationFields } from './organization.js';
import { OrganizationStore } from './organization.store.js';

const uniqueColumns = { organization_id: 'organization_id', organizations_pkey: 'organization_id' };

/** Organizations; says of every change that it happened. */
@Injectable()
export class OrganizationService {
  readonly find: OrganizationStore['find'];
  readonly list: OrganizationStore['list'];

  constructor(
    private readonly store: OrganizationStore,
    private readonly bus: ChangeBus,
  ) {
    this.find = store.find.bind(store);
    this.list = store.list.bind(store);
  }

  /** Throws CONFLICT when the id is taken. */
  async create(
    id: string | null,
    fields: Patch<OrganizationFields> & { readonly alias: string },
    members: readonly Omit<Membership, 'groupId'>[],
    by: string | null,
  ): Promise<Organization> {
    return withConflicts(uniqueColumns, () => this.store.insert(id ?? randomUUID(), fields, members, by));
  }

  async change(
    id: string,
    by: string | null,
    decide: (current: Organization) => Patch<OrganizationFields>,
  ): Promise<{ before: Organization; after: Organization } | null> {
    const change = await this.store.change(id, by, decide);
    if (change !== null) await this.bus.publish({ kind: 'organization', id });
    return change;
  }

  /** Ends its teams and all their keys. */
  async delete(ids: readonly string[]): Promise<void> {
    await this.store.delete(ids);
    await Promise.all(ids.map((id) => this.bus.publish({ kind: 'organization', id })));
  }
}

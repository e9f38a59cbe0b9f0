import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { ChangeBus } from '../database/change-bus.js';
import { withConflicts } from './conflict.store.js';
import type { Patch } from './level.js';
import type { Membership } from './membership.js';
import type { Team, TeamFields } from './team.js';
import { TeamStore } from './team.store.js';

const uniqueColumns = { team_id: 'team_id', teams_pkey: 'team_id' };

/** Teams; says of every change that it happened. */
@Injectable()
export class TeamService {
  readonly find: TeamStore['find'];
  readonly findMany: TeamStore['findMany'];
  readonly list: TeamStore['list'];

  constructor(
    private readonly store: TeamStore,
    private readonly bus: ChangeBus,
  ) {
    this.find = store.find.bind(store);
    this.findMany = store.findMany.bind(store);
    this.list = store.list.bind(store);
  }

  /** Throws CONFLICT when the id is taken. */
  async create(
    id: string | null,
    fields: Patch<TeamFields>,
    members: readonly Omit<Membership, 'groupId'>[],
    by: string | null,
  ): Promise<Team> {
    return withConflicts(uniqueColumns, () => this.store.insert(id ?? randomUUID(), fields, members, by));
  }

  async change(
    id: string,
    by: string | null,
    decide: (current: Team) => Patch<TeamFields>,
  ): Promise<{ before: Team; after: Team } | null> {
    const change = await withConflicts({}, () => this.store.change(id, by, decide));
    if (change !== null) await this.bus.publish({ kind: 'team', id });
    return change;
  }

  /** Ends all its keys. */
  async delete(ids: readonly string[]): Promise<void> {
    await this.store.delete(ids);
    await Promise.all(ids.map((id) => this.bus.publish({ kind: 'team', id })));
  }
}

import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import { masterKeyId } from '../../auth/master-principal.js';
import { MembershipService } from '../../directory/membership.service.js';
import type { KeyOrder, Visibility } from '../../directory/virtual-key.js';
import { VirtualKeyService } from '../../directory/virtual-key.service.js';
import { notFound, requireOn } from '../../permissions/require-on.js';
import type { Caller } from '../../permissions/relation.js';
import type { AdminRequest } from '../admin-request.js';
import { administered, CallerService, seesEverything } from '../caller.service.js';
import { keyRow, type KeyListQuery } from '../wire/key-wire.js';
import { pageRow } from '../wire/level-wire.js';
import { wantedKey } from './key-changer.service.js';

/** Looks at virtual keys. */
@Injectable()
export class KeyQuery {
  constructor(
    private readonly callers: CallerService,
    private readonly keys: VirtualKeyService,
    private readonly memberships: MembershipService,
  ) {}

  /** The key asked for, else the one the caller came with. Throws NOT_FOUND. */
  async info({ principal }: AdminRequest, lookup: string | undefined) {
    if (lookup === undefined && principal.keyId === masterKeyId) {
      throw new GatewayError('UNPROCESSABLE', {
        param: 'key',
        message: 'key is missing: the master key has no row.',
      });
    }
    const caller = await this.callers.of(principal);
    const [key = null] = await this.keys.find([lookup ?? principal.keyId]);
    requireOn(caller, 'keys.read', 'keys.read', wantedKey(key));
    if (key === null) throw notFound({ noun: 'Key', param: 'key' });
    return { key: key.id, info: keyRow(key) };
  }

  /** One page of what the caller may see; filters only narrow that. */
  async list({ principal }: AdminRequest, query: KeyListQuery) {
    const caller = await this.callers.of(principal);
    const [byLookup] = query.key_hash === undefined ? [] : await this.keys.find([query.key_hash]);
    const filter = {
      // One that is not there must not find all.
      id: query.key_hash === undefined ? undefined : (byLookup?.id ?? ''),
      userId: query.user_id,
      orOfTeams: query.include_team_keys ? await this.#teamsOf(query.user_id) : undefined,
      orCreatedByUser: query.include_created_by_keys,
      teamId: query.team_id,
      organizationId: query.organization_id,
      alias: query.key_alias,
      visibleTo: visibleKeys(caller),
    };
    const order = { by: orderColumns[query.sort_by], direction: query.sort_order };
    const { keys, total } = await this.keys.list(filter, query, order);
    return {
      keys: keys.map((key) => (query.return_full_object ? keyRow(key) : key.id)),
      ...pageRow(total, query),
    };
  }

  /** Those a user administers. */
  async #teamsOf(userId: string | undefined): Promise<string[]> {
    return userId === undefined ? [] : administered((await this.memberships.ofUser(userId)).teams);
  }
}

const orderColumns = {
  created_at: 'createdAt',
  updated_at: 'updatedAt',
  key_alias: 'alias',
  expires: 'expiresAt',
  spend: 'spend',
  max_budget: 'maxBudget',
} as const satisfies Record<KeyListQuery['sort_by'], KeyOrder['by']>;

/** undefined: every key. */
export function visibleKeys(caller: Caller): Visibility | undefined {
  if (seesEverything(caller)) return undefined;
  const { keyId, userId } = caller.principal;
  return {
    keyId,
    userId,
    teamIds: administered(caller.teams),
    organizationIds: administered(caller.organizations),
  };
}

import { Injectable } from '@nestjs/common';

import { AuditQuery, type AuditPage } from '../../audit/audit-query.service.js';
import { AuditService } from '../../audit/audit.service.js';
import type { AuditVisibility } from '../../audit/audit.store.js';
import { VirtualKeyService } from '../../directory/virtual-key.service.js';
import type { Caller } from '../../permissions/relation.js';
import type { AdminRequest } from '../admin-request.js';
import { administered, CallerService, seesEverything } from '../caller.service.js';
import { recordedKeyId } from '../recorded-key-id.js';
import type { AuditQueryInput } from '../wire/audit-wire.js';

/** How long a reader waits for rows that are on their way to the database. */
const catchUpMs = 2_000;

/** The trail, as far as the caller may see it. */
@Injectable()
export class AuditAdmin {
  constructor(
    private readonly callers: CallerService,
    private readonly keys: VirtualKeyService,
    private readonly trail: AuditQuery,
    private readonly audit: AuditService,
  ) {}

  /** Newest first. Filters only narrow what the caller may see. */
  async page(
    { principal }: AdminRequest,
    { key, limit, cursor, ...filter }: AuditQueryInput,
  ): Promise<AuditPage> {
    const caller = await this.callers.of(principal);
    await this.audit.catchUp(catchUpMs);
    const asked = {
      ...filter,
      limit,
      key: key === undefined ? undefined : await recordedKeyId(this.keys, key),
      cursor,
    };
    const defined = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
    return this.trail.page({ limit, ...defined }, visibleRows(caller));
  }
}

function visibleRows(caller: Caller): AuditVisibility {
  if (seesEverything(caller)) return { kind: 'all' };
  const { keyId, userId } = caller.principal;
  return {
    kind: 'some',
    keyIds: [keyId],
    userIds: userId === null ? [] : [userId],
    teamIds: administered(caller.teams),
    organizationIds: administered(caller.organizations),
  };
}

import { Controller, Get, Query, UsePipes } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { VirtualKeyService } from '../../directory/virtual-key.service.js';
import { Answers } from '../../http/answers.decorator.js';
import { UsageQuery, type UsageRow, type UsageVisibility } from '../../limits/usage-query.store.js';
import type { Caller } from '../../permissions/relation.js';
import { RequirePermission } from '../../permissions/require-permission.decorator.js';
import { Asking, type AdminRequest } from '../admin-request.js';
import { administered, CallerService, seesEverything } from '../caller.service.js';
import { recordedKeyId } from '../recorded-key-id.js';
import { usageAnswer } from '../wire/mcp-answers.js';
import { RequestSchemaPipe } from '../wire/request-schema.pipe.js';
import { usageQuery, type UsageQueryInput } from './usage-wire.js';

/** Who used what, added up by day. */
@ApiTags('usage')
@Controller('v1/usage')
@UsePipes(RequestSchemaPipe)
export class UsageController {
  constructor(
    private readonly usage: UsageQuery,
    private readonly callers: CallerService,
    private readonly keys: VirtualKeyService,
  ) {}

  @Get()
  @RequirePermission('audit.read')
  @ApiOperation({
    summary: 'Calls, tokens and cost by day, key, team, user, organization, model, upstream or tool',
  })
  @Answers(usageAnswer)
  async read(
    @Asking() { principal }: AdminRequest,
    @Query({ schema: usageQuery }) query: UsageQueryInput,
  ): Promise<{ data: UsageRow[]; total: UsageRow; page: number; size: number }> {
    const { group_by: groups, page, size, key, user, team, organization, ...rest } = query;
    const keyId = key === undefined ? undefined : await recordedKeyId(this.keys, key);
    const given = { ...rest, keyId, userId: user, teamId: team, organizationId: organization };
    const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const visibility = visibleTo(await this.callers.of(principal));
    const { rows, total } = await this.usage.read(filter, groups, visibility, { number: page, size });
    return { data: rows, total, page, size };
  }
}

/** A key its own rows, a user those of its keys, an administrator those of its teams and organizations. */
function visibleTo(caller: Caller): UsageVisibility {
  if (seesEverything(caller)) return { kind: 'all' };
  const { principal, teams, organizations } = caller;
  return {
    kind: 'some',
    keyIds: [principal.keyId],
    userIds: principal.userId === null ? [] : [principal.userId],
    teamIds: administered(teams),
    organizationIds: administered(organizations),
  };
}

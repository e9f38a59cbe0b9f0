import { Controller, Get, Query, UsePipes } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { Answers } from '../../http/answers.decorator.js';
import { RequirePermission } from '../../permissions/require-permission.decorator.js';
import { Asking, type AdminRequest } from '../admin-request.js';
import { auditQuery, type AuditQueryInput } from '../wire/audit-wire.js';
import { auditAnswer } from '../wire/mcp-answers.js';
import { RequestSchemaPipe } from '../wire/request-schema.pipe.js';
import { AuditAdmin } from './audit-admin.service.js';

/** Who did what. */
@ApiTags('audit')
@Controller('v1/audit')
@UsePipes(RequestSchemaPipe)
export class AuditController {
  constructor(private readonly audit: AuditAdmin) {}

  @Get()
  @RequirePermission('audit.read')
  @ApiOperation({ summary: 'A page of the trail, newest first: calls and administrative changes.' })
  @Answers(auditAnswer)
  page(@Asking() request: AdminRequest, @Query({ schema: auditQuery }) query: AuditQueryInput) {
    return this.audit.page(request, query);
  }
}

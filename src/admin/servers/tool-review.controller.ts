import { Body, Controller, Get, HttpCode, Param, Post, UsePipes } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { Answers } from '../../http/answers.decorator.js';
import { RequirePermission } from '../../permissions/require-permission.decorator.js';
import { Asking, type AdminRequest } from '../admin-request.js';
import { reviewAnswers } from '../wire/mcp-answers.js';
import { RequestSchemaPipe } from '../wire/request-schema.pipe.js';
import { approveBody, type ApproveBody } from './approve-wire.js';
import { ToolApproval } from './tool-approval.service.js';
import { ToolReview } from './tool-review.service.js';

/** Tools that changed behind everybody's back: what they were, what they are, and whether anybody may see them. */
@ApiTags('servers')
@Controller('v1/mcp/server/:id')
@UsePipes(RequestSchemaPipe)
export class ToolReviewController {
  constructor(
    private readonly review: ToolReview,
    private readonly approval: ToolApproval,
  ) {}

  @Get('changes')
  @RequirePermission('servers.review')
  @ApiOperation({
    summary: 'Tools of a server that are new, changed or gone, with what differs line by line.',
  })
  @Answers(reviewAnswers.changes)
  changes(@Asking() { principal }: AdminRequest, @Param('id') idOrName: string) {
    return this.review.changes(principal, idOrName);
  }

  @Post('approve')
  @HttpCode(200)
  @RequirePermission('servers.write')
  @ApiOperation({
    summary: 'Let the tools of a pinned server be seen as they are now; all, or those that are named.',
  })
  @Answers(reviewAnswers.approved)
  approve(
    @Asking() request: AdminRequest,
    @Param('id') idOrName: string,
    @Body({ schema: approveBody }) body: ApproveBody,
  ) {
    return this.approval.approve(request, idOrName, body);
  }
}

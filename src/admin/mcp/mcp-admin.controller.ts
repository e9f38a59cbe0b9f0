import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UsePipes } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { Answers } from '../../http/answers.decorator.js';
import { RequirePermission } from '../../permissions/require-permission.decorator.js';
import { Asking, type AdminRequest } from '../admin-request.js';
import { explainQuery } from '../wire/explain-wire.js';
import { accessGroupsAnswer, explainAnswer, toolsetAnswers } from '../wire/mcp-answers.js';
import { RequestSchemaPipe } from '../wire/request-schema.pipe.js';
import {
  newToolsetBody,
  updateToolsetBody,
  type NewToolsetBody,
  type UpdateToolsetBody,
} from '../wire/toolset-wire.js';
import { AccessGroups } from './access-groups.service.js';
import { Explain, type ExplainQuestion } from './explain.service.js';
import { ToolsetAdmin } from './toolset-admin.service.js';

/** What there is to use, and who may use it. */
@ApiTags('mcp')
@Controller('v1/mcp')
@UsePipes(RequestSchemaPipe)
export class McpAdminController {
  constructor(
    private readonly groups: AccessGroups,
    private readonly toolsets: ToolsetAdmin,
    private readonly explaining: Explain,
  ) {}

  @Get('explain')
  @RequirePermission('access.explain')
  @ApiOperation({ summary: 'Why a key can or cannot use a tool or a server.' })
  @Answers(explainAnswer)
  explain(@Asking() request: AdminRequest, @Query({ schema: explainQuery }) query: ExplainQuestion) {
    return this.explaining.explain(request, query);
  }

  @Get('access_groups')
  @RequirePermission('access_groups.read')
  @ApiOperation({ summary: 'Access groups of the servers the caller may see.' })
  @Answers(accessGroupsAnswer)
  accessGroups(@Asking() request: AdminRequest) {
    return this.groups.list(request);
  }

  @Get('toolset')
  @RequirePermission('toolsets.read')
  @ApiOperation({ summary: 'Toolsets, as far as the caller may use them.' })
  @Answers(toolsetAnswers.list)
  listToolsets(@Asking() request: AdminRequest) {
    return this.toolsets.list(request);
  }

  @Get('toolset/:toolset')
  @RequirePermission('toolsets.read')
  @ApiOperation({ summary: 'One toolset, by id or name.' })
  @Answers(toolsetAnswers.toolset)
  toolset(@Asking() request: AdminRequest, @Param('toolset') toolset: string) {
    return this.toolsets.info(request, toolset);
  }

  @Post('toolset')
  @HttpCode(201)
  @RequirePermission('toolsets.write')
  @ApiOperation({ summary: 'Create a toolset.' })
  @Answers(toolsetAnswers.toolset, 201)
  createToolset(@Asking() request: AdminRequest, @Body({ schema: newToolsetBody }) body: NewToolsetBody) {
    return this.toolsets.create(request, body);
  }

  @Put('toolset')
  @HttpCode(202)
  @RequirePermission('toolsets.write')
  @ApiOperation({ summary: 'Change the fields of a toolset that are sent.' })
  @Answers(toolsetAnswers.toolset, 202)
  updateToolset(
    @Asking() request: AdminRequest,
    @Body({ schema: updateToolsetBody }) body: UpdateToolsetBody,
  ) {
    return this.toolsets.update(request, body);
  }

  @Delete('toolset/:toolset')
  @HttpCode(202)
  @RequirePermission('toolsets.write')
  @ApiOperation({ summary: 'End a toolset; permissions that name it grant nothing by it any more.' })
  deleteToolset(@Asking() request: AdminRequest, @Param('toolset') toolset: string) {
    return this.toolsets.delete(request, toolset);
  }
}

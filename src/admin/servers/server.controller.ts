import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Put,
  Req,
  Res,
  UsePipes,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { Answers } from '../../http/answers.decorator.js';
import type { GatewayRequest, GatewayResponse } from '../../http/gateway-request.js';
import { sendJson } from '../../http/send.js';
import { RequirePermission } from '../../permissions/require-permission.decorator.js';
import { Asking, type AdminRequest } from '../admin-request.js';
import { serverAnswers } from '../wire/mcp-answers.js';
import { RequestSchemaPipe } from '../wire/request-schema.pipe.js';
import { ServerAdmin } from './server-admin.service.js';
import { ServerQuery } from './server-query.service.js';
import { newServerBody, updateServerBody, type NewServerBody, type UpdateServerBody } from './server-wire.js';

/** MCP servers, in LiteLLM's routes, names and statuses. */
@ApiTags('servers')
@Controller('v1/mcp')
@UsePipes(RequestSchemaPipe)
export class ServerController {
  constructor(
    private readonly servers: ServerAdmin,
    private readonly query: ServerQuery,
  ) {}

  @Get('server')
  @RequirePermission('servers.read')
  @ApiOperation({ summary: 'Every server the caller may use, of the configuration file and stored.' })
  @Answers(serverAnswers.list)
  list(@Asking() { principal }: AdminRequest) {
    return this.query.list(principal);
  }

  @Get('server/health')
  @RequirePermission('servers.read')
  @ApiOperation({ summary: 'How the servers the caller may use are, from their live connections.' })
  @Answers(serverAnswers.health)
  health(@Asking() { principal }: AdminRequest) {
    return this.query.health(principal);
  }

  @Get('server/:id')
  @RequirePermission('servers.read')
  @ApiOperation({ summary: 'One server, by id or name.' })
  @Answers(serverAnswers.server)
  get(@Asking() { principal }: AdminRequest, @Param('id') idOrName: string) {
    return this.query.get(principal, idOrName);
  }

  @Post('server')
  @HttpCode(201)
  @RequirePermission('servers.write')
  @ApiOperation({ summary: 'Add a server, http or sse. Its credentials are never shown again.' })
  @Answers(serverAnswers.server, 201)
  create(@Asking() request: AdminRequest, @Body({ schema: newServerBody }) body: NewServerBody) {
    return this.servers.create(request, body);
  }

  @Put('server')
  @HttpCode(202)
  @RequirePermission('servers.write')
  @ApiOperation({ summary: 'Change the fields that are sent; null takes one back to its default.' })
  @Answers(serverAnswers.server, 202)
  update(@Asking() request: AdminRequest, @Body({ schema: updateServerBody }) body: UpdateServerBody) {
    return this.servers.update(request, body);
  }

  @Delete('server/:id')
  @HttpCode(202)
  @RequirePermission('servers.write')
  @ApiOperation({ summary: 'Remove a stored server. Calls under way may still end.' })
  delete(@Asking() request: AdminRequest, @Param('id') idOrName: string): Promise<void> {
    return this.servers.delete(request, idOrName);
  }

  @Get('tools')
  @RequirePermission('servers.read')
  @ApiOperation({
    summary: 'All tools the caller may use; for administrators also what was left out or looks odd, and why.',
  })
  @Answers(serverAnswers.tools)
  tools(
    @Asking() { principal }: AdminRequest,
    @Req() request: GatewayRequest,
    @Res() response: GatewayResponse,
  ): void {
    const tools = this.query.tools(principal);
    const rejected = this.query.rejected(principal);
    const flagged = this.query.flagged(principal);
    if (rejected === null) sendJson(request, response, 200, tools);
    else {
      const rest = `,"rejected":${JSON.stringify(rejected)},"flagged":${JSON.stringify(flagged)}}`;
      sendJson(request, response, 200, Buffer.concat([tools.subarray(0, -1), Buffer.from(rest)]));
    }
  }
}

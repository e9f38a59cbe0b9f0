import { Controller, Get, HttpCode, Inject, Post, Req, Res, type OnModuleInit } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';

import { GATEWAY_CONFIG } from '../config/config.module.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { GatewayError } from '../core/errors.js';
import type { RpcOutcome } from '../core/rpc.js';
import type { Caller } from '../gateway/caller.js';
import { GatewayService } from '../gateway/gateway.service.js';
import { everything, scopeOfHeader, type Scope } from '../gateway/scope.js';
import { plainToolList, qualifiedToolList } from '../gateway/tool-list.js';
import { Answers, Takes } from '../http/answers.decorator.js';
import { queryOf, type GatewayRequest, type GatewayResponse } from '../http/gateway-request.js';
import { HotRoutes } from '../http/hot-routes.js';
import { StreamsBody } from '../http/json-body.interceptor.js';
import { checkPageOrigin } from '../http/origin.js';
import { readBody, requireJson } from '../http/read-body.js';
import { sendJson, sendJsonBytes } from '../http/send.js';
import { callAnswer, plainToolListAnswer, toolListAnswer } from './answers.js';
import { callBody, parseCallBody } from './call-body.js';

const ScopeHeader = (): MethodDecorator & ClassDecorator =>
  ApiHeader({ name: 'x-mcp-servers', required: false, description: 'Narrows to these servers: a,b' });

/** Tools over plain HTTP: the seed's two routes, and LiteLLM's later names for the same. */
@ApiTags('tools')
@StreamsBody()
@Controller()
export class ToolsController implements OnModuleInit {
  constructor(
    private readonly gateway: GatewayService,
    private readonly hotRoutes: HotRoutes,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  onModuleInit(): void {
    this.hotRoutes.add('GET', '/mcp/tools/list', (request, response) => this.list(request, response));
    this.hotRoutes.add('POST', '/mcp/tools/call', (request, response) => this.call(request, response));
    this.hotRoutes.add('GET', '/mcp-rest/tools/list', (request, response) =>
      this.listPlain(request, response),
    );
    this.hotRoutes.add('POST', '/mcp-rest/tools/call', (request, response) => this.call(request, response));
  }

  @ApiOperation({ summary: 'All tools the key may use, under their qualified names' })
  @ApiQuery({ name: 'server', required: false, description: 'Id or name of a server, group or toolset.' })
  @ScopeHeader()
  @Answers(toolListAnswer)
  @Get('mcp/tools/list')
  list(@Req() request: GatewayRequest, @Res() response: GatewayResponse): void {
    checkPageOrigin(request, this.config.server);
    const scope = scopeOf(request, ['server']);
    sendJson(request, response, 200, qualifiedToolList(this.gateway.view(callerOf(request, scope))));
  }

  @ApiOperation({ summary: "All tools the key may use, under the servers' own names (LiteLLM)" })
  @ApiQuery({ name: 'server_id', required: false, description: 'Id or name of a server.' })
  @ApiQuery({ name: 'mcp_server_name', required: false, description: 'Name of a server.' })
  @ApiQuery({ name: 'toolset_name', required: false, description: 'Name of a toolset.' })
  @ScopeHeader()
  @Answers(plainToolListAnswer)
  @Get('mcp-rest/tools/list')
  listPlain(@Req() request: GatewayRequest, @Res() response: GatewayResponse): void {
    checkPageOrigin(request, this.config.server);
    const scope = scopeOf(request, ['server_id', 'mcp_server_name', 'toolset_name', 'server']);
    sendJson(request, response, 200, plainToolList(this.gateway.view(callerOf(request, scope))));
  }

  @ApiOperation({ summary: 'Calls a tool; the answer is its CallToolResult, also where it says isError' })
  @ScopeHeader()
  @Takes(callBody)
  @Answers(callAnswer)
  @HttpCode(200)
  @Post(['mcp/tools/call', 'mcp-rest/tools/call'])
  async call(@Req() request: GatewayRequest, @Res() response: GatewayResponse): Promise<void> {
    checkPageOrigin(request, this.config.server);
    requireJson(request);
    const { name, server, argumentsJson } = parseCallBody(
      await readBody(request, this.config.limits.bodyBytes),
    );
    const caller = callerOf(request, server === null ? everything : [[server]]);
    const call = this.gateway.callTool(caller, this.gateway.view(caller), {
      name,
      encodeParams: (nameJson) => `{"name":${nameJson},"arguments":${argumentsJson ?? '{}'}}`,
      requestBytes: argumentsJson === undefined ? 0 : Buffer.byteLength(argumentsJson),
      argumentsJson: () => argumentsJson ?? '{}',
    });
    response.once('close', () => {
      if (!response.writableFinished) call.cancel('the client is gone');
    });
    answer(request, response, await call.outcome);
  }
}

function answer(request: GatewayRequest, response: GatewayResponse, outcome: RpcOutcome): void {
  if (outcome.kind === 'result') {
    sendJsonBytes(request, response, '', outcome.result, '');
    return;
  }
  const { code, message } = outcome.error;
  throw code === -32602
    ? new GatewayError('INVALID_PARAMS', { message })
    : new GatewayError('UPSTREAM_ERROR', { message });
}

function scopeOf(request: GatewayRequest, parameters: readonly string[]): Scope {
  if (request.url?.includes('?') !== true) return everything;
  const query = queryOf(request);
  return parameters.flatMap((parameter) => {
    const value = query.get(parameter);
    return value === null || value === '' ? [] : [[value]];
  });
}

function callerOf(request: GatewayRequest, scope: Scope): Caller {
  if (request.principal === undefined) throw new GatewayError('MISSING_KEY');
  return {
    principal: request.principal,
    scope: [...scopeOfHeader(request.headers), ...scope],
    surface: 'rest',
    requestId: request.requestId,
    sessionId: null,
    headers: request.headers,
  };
}

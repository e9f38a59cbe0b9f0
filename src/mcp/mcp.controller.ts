import { All, Controller, Inject, Req, Res, type OnModuleInit } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';

import { GATEWAY_CONFIG } from '../config/config.module.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { GatewayError } from '../core/errors.js';
import { matchMcpPath, type McpPath } from '../core/mcp-path.js';
import type { Principal } from '../core/principal.js';
import { pathOf, type GatewayRequest, type GatewayResponse } from '../http/gateway-request.js';
import { HotRoutes, type HotHandler } from '../http/hot-routes.js';
import { StreamsBody } from '../http/json-body.interceptor.js';
import { checkOrigin } from '../http/origin.js';
import { readBody, requireJson } from '../http/read-body.js';
import { HttpSse } from './http-sse.service.js';
import { isModern } from './modern-envelope.js';
import { requireAcceptBoth, requireAcceptStream } from './request-checks.js';
import { parseBody, type ParsedBody } from './rpc-message.js';
import { StatelessHttp } from './stateless-http.service.js';
import { StreamableHttp } from './streamable-http.service.js';

const methodsOf: Readonly<Record<McpPath['endpoint'], readonly string[]>> = {
  mcp: ['GET', 'POST', 'DELETE'],
  sse: ['GET'],
  messages: ['POST'],
};

/** The MCP endpoints of contract section 4, on all their paths. */
@ApiExcludeController()
@StreamsBody()
@Controller()
export class McpController implements OnModuleInit {
  constructor(
    private readonly streamable: StreamableHttp,
    private readonly httpSse: HttpSse,
    private readonly stateless: StatelessHttp,
    private readonly hotRoutes: HotRoutes,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  onModuleInit(): void {
    const handle: HotHandler = (request, response) => this.handle(request, response);
    this.hotRoutes.addMatcher((_method, path) => (matchMcpPath(path) === null ? undefined : handle));
  }

  @All(['mcp', 'sse', 'mcp/sse', 'mcp/sse/messages', 'mcp/:scope', ':scope/mcp', ':scope/sse'])
  handle(@Req() request: GatewayRequest, @Res() response: GatewayResponse): void | Promise<void> {
    const { method = '', principal } = request;
    const path = matchMcpPath(pathOf(request));
    if (path === null || principal === undefined) throw new GatewayError('NOT_FOUND');
    checkOrigin(request.headers.origin, this.config.server.allowedOrigins);
    const allowedMethods = methodsOf[path.endpoint];
    if (!allowedMethods.includes(method)) throw new GatewayError('METHOD_NOT_ALLOWED', { allowedMethods });
    if (method === 'POST') return this.#post(request, response, principal, path);
    if (method === 'DELETE') this.streamable.delete(request, response, principal);
    else this.#get(request, response, principal, path);
  }

  #post(
    request: GatewayRequest,
    response: GatewayResponse,
    principal: Principal,
    { endpoint }: McpPath,
  ): Promise<void> {
    if (endpoint === 'mcp') requireAcceptBoth(request);
    requireJson(request);
    return readBody(request, this.config.limits.bodyBytes).then((bytes) => {
      const body = parseBody(bytes);
      const [only] = body.messages;
      if (!body.isBatch && only?.kind === 'request') request.rpcId = only.id;
      if (endpoint === 'messages') this.httpSse.message(request, response, principal, body);
      else if (isModern(request, body.messages)) this.stateless.post(request, response, principal, body);
      else this.streamable.post(request, response, principal, refuseInvalid(body));
    });
  }

  #get(
    request: GatewayRequest,
    response: GatewayResponse,
    principal: Principal,
    { endpoint }: McpPath,
  ): void {
    if (endpoint === 'mcp') requireAcceptStream(request);
    const hasSession = endpoint === 'mcp' && request.headers['mcp-session-id'] !== undefined;
    if (hasSession) this.streamable.get(request, response, principal);
    else this.httpSse.open(request, response, principal);
  }
}

/** A lone body that is JSON but no JSON-RPC message is refused as a whole. */
function refuseInvalid(body: ParsedBody): ParsedBody {
  const [only] = body.messages;
  if (!body.isBatch && only?.kind === 'invalid') {
    throw new GatewayError('INVALID_REQUEST', { message: only.reason });
  }
  return body;
}

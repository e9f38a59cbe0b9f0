import { Controller, HttpCode, Post, Req, Res, type OnModuleInit } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal } from '../auth/current-principal.decorator.js';
import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import { Answers, Takes } from '../http/answers.decorator.js';
import { pathOf, type GatewayRequest, type GatewayResponse } from '../http/gateway-request.js';
import { HotRoutes, type HotHandler } from '../http/hot-routes.js';
import { StreamsBody } from '../http/json-body.interceptor.js';
import { chatBody, completionsBody, embeddingsBody, openAiAnswer, responsesBody } from './api-shapes.js';
import { CompletionService } from './completion.service.js';
import { modelOfPath } from './llm-paths.js';
import type { Operation } from './providers/provider.js';

/** OpenAI's API for models. Bodies and answers pass through, so each method streams for itself. */
@ApiTags('models')
@Controller()
@StreamsBody()
export class CompletionsController implements OnModuleInit {
  constructor(
    private readonly completions: CompletionService,
    private readonly hotRoutes: HotRoutes,
  ) {}

  /** The commonest routes are taken past Nest's router, into the same service. */
  onModuleInit(): void {
    for (const prefix of ['', '/v1']) {
      this.hotRoutes.add('POST', `${prefix}/chat/completions`, this.#entering('chat'));
      this.hotRoutes.add('POST', `${prefix}/embeddings`, this.#entering('embeddings'));
      this.hotRoutes.add('POST', `${prefix}/responses`, this.#entering('responses'));
    }
  }

  @Post([
    'chat/completions',
    'v1/chat/completions',
    'engines/:model/chat/completions',
    'v1/engines/:model/chat/completions',
    'openai/deployments/:model/chat/completions',
  ])
  @ApiOperation({ summary: 'Chat completion, also streamed, also with tools of `"type": "mcp"`' })
  @HttpCode(200)
  @Takes(chatBody)
  @Answers(openAiAnswer)
  chatCompletions(
    @Req() request: GatewayRequest,
    @Res() response: GatewayResponse,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.#serve('chat', request, response, principal);
  }

  @Post([
    'embeddings',
    'v1/embeddings',
    'engines/:model/embeddings',
    'v1/engines/:model/embeddings',
    'openai/deployments/:model/embeddings',
  ])
  @ApiOperation({ summary: 'Embeddings' })
  @HttpCode(200)
  @Takes(embeddingsBody)
  @Answers(openAiAnswer)
  embeddings(
    @Req() request: GatewayRequest,
    @Res() response: GatewayResponse,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.#serve('embeddings', request, response, principal);
  }

  @Post([
    'completions',
    'v1/completions',
    'engines/:model/completions',
    'v1/engines/:model/completions',
    'openai/deployments/:model/completions',
  ])
  @ApiOperation({ summary: 'Text completion, for models that have it' })
  @HttpCode(200)
  @Takes(completionsBody)
  @Answers(openAiAnswer)
  textCompletions(
    @Req() request: GatewayRequest,
    @Res() response: GatewayResponse,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.#serve('completions', request, response, principal);
  }

  @Post(['responses', 'v1/responses'])
  @ApiOperation({ summary: 'Responses API, for providers that have it; also with tools of `"type": "mcp"`' })
  @HttpCode(200)
  @Takes(responsesBody)
  @Answers(openAiAnswer)
  responses(
    @Req() request: GatewayRequest,
    @Res() response: GatewayResponse,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    return this.#serve('responses', request, response, principal);
  }

  #entering(operation: Operation): HotHandler {
    return (request, response) => {
      if (request.principal === undefined) throw new GatewayError('MISSING_KEY');
      return this.#serve(operation, request, response, request.principal);
    };
  }

  #serve(
    operation: Operation,
    request: GatewayRequest,
    response: GatewayResponse,
    principal: Principal,
  ): Promise<void> {
    return this.completions.serve(operation, request, response, principal, modelOfPath(pathOf(request)));
  }
}

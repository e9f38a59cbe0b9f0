import { Injectable, type OnModuleInit } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import { HotRoutes, type HotHandler } from '../http/hot-routes.js';
import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.js';
import { CompletionsController } from './completions.controller.js';

type Method = (request: GatewayRequest, response: GatewayResponse, principal: Principal) => Promise<void>;

/** Takes the routes of models past Nest's router, into the same methods. */
@Injectable()
export class LlmHotRoutes implements OnModuleInit {
  constructor(
    private readonly routes: HotRoutes,
    private readonly controller: CompletionsController,
  ) {}

  onModuleInit(): void {
    const chat = entering((...call) => this.controller.chatCompletions(...call));
    const embeddings = entering((...call) => this.controller.embeddings(...call));
    const responses = entering((...call) => this.controller.responses(...call));
    for (const prefix of ['', '/v1']) {
      this.routes.add('POST', `${prefix}/chat/completions`, chat);
      this.routes.add('POST', `${prefix}/embeddings`, embeddings);
      this.routes.add('POST', `${prefix}/responses`, responses);
    }
  }
}

function entering(method: Method): HotHandler {
  return (request, response) => {
    if (request.principal === undefined) throw new GatewayError('MISSING_KEY');
    return method(request, response, request.principal);
  };
}

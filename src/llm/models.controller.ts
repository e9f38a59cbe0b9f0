import { Controller, Get, Req } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';

import { CurrentPrincipal } from '../auth/current-principal.decorator.js';
import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import { Answers } from '../http/answers.decorator.js';
import { pathOf, type GatewayRequest } from '../http/gateway-request.js';
import { modelAnswer, modelsAnswer } from './api-shapes.js';
import { ModelDirectory, type ListedModel } from './routing/model-directory.js';

/** `GET /v1/models/{model}`; names may hold slashes. */
const modelPath = /^\/(?:v1\/)?models\/(.+)$/;

/** LiteLLM's date for every model; OpenAI clients want a number. */
const created = 1_677_610_602;

interface ModelEntry {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

/** The models that a key may use. */
@ApiTags('models')
@Controller()
export class ModelsController {
  constructor(private readonly directory: ModelDirectory) {}

  @Get(['models', 'v1/models'])
  @ApiOperation({ summary: 'Models this key may use' })
  @Answers(modelsAnswer)
  list(@CurrentPrincipal() principal: Principal): { object: 'list'; data: ModelEntry[] } {
    return { object: 'list', data: this.directory.list(principal).map(toEntry) };
  }

  @Get(['models/*model', 'v1/models/*model'])
  @ApiOperation({ summary: 'One model; 404 when this key may not use it' })
  @ApiParam({ name: 'model' })
  @Answers(modelAnswer)
  get(@Req() request: GatewayRequest, @CurrentPrincipal() principal: Principal): ModelEntry {
    const name = decode(modelPath.exec(pathOf(request))?.[1] ?? '');
    const [candidate] = this.directory.mayUse(principal, name) ? this.directory.candidates(name) : [];
    if (candidate === undefined) throw new GatewayError('MODEL_NOT_FOUND', { param: 'model', name });
    return toEntry({ id: name, provider: candidate.state.deployment.provider });
  }
}

function toEntry({ id, provider }: ListedModel): ModelEntry {
  return { id, object: 'model', created, owned_by: provider };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

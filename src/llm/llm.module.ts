import {
  Module,
  type DynamicModule,
  type ModuleMetadata,
  type Provider as NestProvider,
} from '@nestjs/common';

import { CompletionAnswer } from './completion-answer.service.js';
import { CompletionService } from './completion.service.js';
import { CompletionsController } from './completions.controller.js';
import { ToolLoop } from './loop/tool-loop.service.js';
import { ModelsController } from './models.controller.js';
import { MockResponseProvider } from './providers/mock-response.provider.js';
import { OpenAiWireProvider } from './providers/openai-wire.provider.js';
import { ProviderPools } from './providers/provider-pools.js';
import { ProviderRegistry } from './providers/provider-registry.js';
import { CompletionRelay } from './relay/completion-relay.service.js';
import { ModelDirectory } from './routing/model-directory.js';
import { ModelRouter } from './routing/model-router.service.js';
import { TranslatedProvider } from './translate/translated.provider.js';

/** What the room of models is given: providers of `LLM_CONFIG`, `COMPLETION_TOOLS` and `USAGE_PORT`. */
export interface LlmBindings {
  readonly imports?: ModuleMetadata['imports'];
  readonly providers: readonly NestProvider[];
}

/** Models: OpenAI's API for clients, providers behind it, and the gateway's tools within completions. */
@Module({})
export class LlmModule {
  static register({ imports, providers }: LlmBindings): DynamicModule {
    return {
      module: LlmModule,
      imports: imports ?? [],
      controllers: [CompletionsController, ModelsController],
      providers: [
        ...providers,
        ProviderPools,
        OpenAiWireProvider,
        TranslatedProvider,
        MockResponseProvider,
        ProviderRegistry,
        ModelDirectory,
        ModelRouter,
        CompletionRelay,
        ToolLoop,
        CompletionAnswer,
        CompletionService,
      ],
      exports: [ModelDirectory],
    };
  }
}

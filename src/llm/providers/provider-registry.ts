import { Injectable } from '@nestjs/common';

import type { ModelDeployment } from '../../config/gateway-config.js';
import { GatewayError } from '../../core/errors.js';
import { TranslatedProvider } from '../translate/translated.provider.js';
import { MockResponseProvider } from './mock-response.provider.js';
import { OpenAiWireProvider } from './openai-wire.provider.js';
import type { Provider } from './provider.js';
import { profileOf, type ProviderWire } from './provider-table.js';

/** Who speaks to which deployment. */
@Injectable()
export class ProviderRegistry {
  readonly #byWire: Readonly<Record<ProviderWire, Provider>>;

  constructor(
    openAiWire: OpenAiWireProvider,
    translated: TranslatedProvider,
    private readonly mock: MockResponseProvider,
  ) {
    this.#byWire = {
      openai: openAiWire,
      azure: openAiWire,
      anthropic: translated,
      gemini: translated,
      bedrock: translated,
    };
  }

  of(deployment: ModelDeployment): Provider {
    if (deployment.mockResponse !== null) return this.mock;
    const profile = profileOf(deployment.provider, deployment.apiBase !== null);
    if (profile === null) {
      throw new GatewayError('INVALID_REQUEST', {
        param: 'model',
        message: `The provider \`${deployment.provider}\` of \`${deployment.modelName}\` is not known, and it has no \`api_base\`.`,
      });
    }
    return this.#byWire[profile.wire];
  }
}

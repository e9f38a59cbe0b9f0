import type { ModelDeployment } from '../../src/config/gateway-config.js';
import { Secret } from '../../src/core/secret.js';
import { deployment } from './llm-app.js';
import type { MockProvider } from './mock-provider.js';

/** A model of each kind that is translated, at the mock provider. `claude` changes the one of that name. */
export function translatedModels(
  { origin }: MockProvider,
  claude: Partial<ModelDeployment> = {},
): readonly ModelDeployment[] {
  const common = { apiBase: origin, maxRetries: 0, timeoutMs: 3_000 };
  const anthropic = { ...common, provider: 'anthropic' } as const;
  return [
    deployment({ ...anthropic, modelName: 'claude', providerModel: 'claude-sonnet-4-5', ...claude }),
    deployment({ ...anthropic, modelName: 'claude-old', providerModel: 'claude-3-haiku-20240307' }),
    deployment({ ...common, modelName: 'gemini', provider: 'gemini', providerModel: 'gemini-2.5-flash' }),
    deployment({
      ...common,
      modelName: 'bedrock',
      provider: 'bedrock',
      providerModel: 'anthropic.claude-3',
      apiKey: null,
      extra: {
        aws_region_name: new Secret('eu-west-1'),
        aws_access_key_id: new Secret('AKIAEXAMPLE123456'),
        aws_secret_access_key: new Secret('aws-secret-value'),
      },
    }),
  ];
}

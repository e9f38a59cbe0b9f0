import type { EmbeddingModelV3, LanguageModelV3, ProviderV3 } from '@ai-sdk/provider';

import type { ModelDeployment } from '../../config/gateway-config.js';
import { plainValue, plainValues } from '../providers/deployment-extra.js';
import { baseUrlOf, profileOf, type ProviderWire } from '../providers/provider-table.js';

export interface ModelFactory {
  languageModel(model: string): LanguageModelV3;
  /** null: this provider has no embeddings. */
  embeddingModel(model: string): EmbeddingModelV3 | null;
}

type Settings = {
  readonly deployment: ModelDeployment;
  readonly baseUrl: string | null;
  readonly fetch: typeof globalThis.fetch;
};

/**
 * Loaded when first used: a gateway without these providers starts without them.
 * A key that is left out stays undefined, so that the packages look in the environment, as their documentation says.
 */
const factories: Readonly<Partial<Record<ProviderWire, (settings: Settings) => Promise<ModelFactory>>>> = {
  async anthropic({ deployment, baseUrl, fetch }) {
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    return withoutEmbeddings(createAnthropic({ ...common(deployment, baseUrl), fetch }));
  },
  async gemini({ deployment, baseUrl, fetch }) {
    const { createGoogleGenerativeAI } = await import('@ai-sdk/google');
    return createGoogleGenerativeAI({ ...common(deployment, baseUrl), fetch });
  },
  async bedrock({ deployment, baseUrl, fetch }) {
    const { createAmazonBedrock } = await import('@ai-sdk/amazon-bedrock');
    const { extra } = deployment;
    return createAmazonBedrock({
      ...common(deployment, baseUrl),
      ...named('region', plainValue(extra['aws_region_name'])),
      ...named('accessKeyId', plainValue(extra['aws_access_key_id'])),
      ...named('secretAccessKey', plainValue(extra['aws_secret_access_key'])),
      ...named('sessionToken', plainValue(extra['aws_session_token'])),
      fetch,
    });
  },
};

/** null: the wire is not one that is translated. */
export function loadModelFactory(
  deployment: ModelDeployment,
  fetch: typeof globalThis.fetch,
): Promise<ModelFactory> | null {
  const profile = profileOf(deployment.provider, deployment.apiBase !== null);
  const load = profile === null ? undefined : factories[profile.wire];
  if (profile === null || load === undefined) return null;
  const baseUrl = baseUrlOf(profile, deployment.apiBase)?.href.replace(/\/$/, '') ?? null;
  return load({ deployment, baseUrl, fetch });
}

function withoutEmbeddings(provider: ProviderV3): ModelFactory {
  return { languageModel: (model) => provider.languageModel(model), embeddingModel: () => null };
}

function common(deployment: ModelDeployment, baseUrl: string | null): Record<string, unknown> {
  return {
    headers: plainValues(deployment.extra['extra_headers'] ?? deployment.extra['headers']),
    ...named('baseURL', baseUrl ?? undefined),
    ...named('apiKey', deployment.apiKey?.reveal()),
  };
}

function named(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

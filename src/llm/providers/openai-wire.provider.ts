import { Inject, Injectable } from '@nestjs/common';

import type { ModelDeployment } from '../../config/gateway-config.js';
import { GatewayError } from '../../core/errors.js';
import { LLM_CONFIG, type LlmConfig } from '../llm-config.js';
import { plainValue, plainValues } from './deployment-extra.js';
import type { Operation, Provider, ProviderAnswer, ProviderCall } from './provider.js';
import { ProviderPools, type Endpoint } from './provider-pools.js';
import { baseUrlOf, profileOf } from './provider-table.js';
import { retryAfterSeconds } from './retry-after.js';

const pathOfOperation: Readonly<Record<Operation, string>> = {
  chat: '/chat/completions',
  completions: '/completions',
  embeddings: '/embeddings',
  responses: '/responses',
};

/** First version with everything of chat completions that is generally available. */
const defaultAzureVersion = '2024-10-21';

/** Providers that speak OpenAI's API: bodies go through as they are, only the model's name is another. */
@Injectable()
export class OpenAiWireProvider implements Provider {
  readonly #endpoints = new WeakMap<ModelDeployment, Map<string, Endpoint>>();

  constructor(
    private readonly pools: ProviderPools,
    @Inject(LLM_CONFIG) private readonly config: LlmConfig,
  ) {}

  async send(call: ProviderCall): Promise<ProviderAnswer> {
    const exchange = this.pools.post(
      this.#endpointOf(call),
      call.request.encodeFor(call.model),
      this.config.limits.connectTimeoutMs,
      call.cancellation,
    );
    const { status, contentType, encoding, retryAfter, retryAfterMs } = await exchange.head;
    if (encoding !== null) {
      exchange.abort();
      throw new GatewayError('UPSTREAM_INVALID_RESPONSE', {
        message: 'The provider of this model sent a compressed answer, which it was asked not to do.',
      });
    }
    return {
      status,
      contentType: contentType ?? '',
      retryAfterSeconds: retryAfterSeconds(retryAfter, retryAfterMs),
      body: exchange,
      discard: () => exchange.abort(),
    };
  }

  #endpointOf({ deployment, operation, model }: ProviderCall): Endpoint {
    let endpoints = this.#endpoints.get(deployment);
    if (endpoints === undefined) this.#endpoints.set(deployment, (endpoints = new Map<string, Endpoint>()));
    const known = endpoints.get(operation);
    if (known !== undefined) return known;
    const endpoint = endpointOf(deployment, operation, model);
    // Azure's address holds the model's name, which is another for every request when it is a wildcard.
    if (deployment.provider !== 'azure' || !deployment.providerModel.includes('*'))
      endpoints.set(operation, endpoint);
    return endpoint;
  }
}

function endpointOf(deployment: ModelDeployment, operation: Operation, model: string): Endpoint {
  const profile = profileOf(deployment.provider, deployment.apiBase !== null);
  const base = profile === null ? null : baseUrlOf(profile, deployment.apiBase);
  if (base === null) {
    throw new GatewayError('INVALID_REQUEST', {
      param: 'model',
      message: `The model \`${deployment.modelName}\` has no \`api_base\`, and its provider has no address of its own.`,
    });
  }
  const isAzure = profile?.wire === 'azure';
  const url = isAzure
    ? azureUrl(base, deployment, operation, model)
    : withPath(base, pathOfOperation[operation]);
  const headers = isAzure
    ? headersOf(deployment, 'api-key', '')
    : headersOf(deployment, 'authorization', 'Bearer ');
  return { origin: url.origin, path: url.pathname + url.search, headers: Object.entries(headers).flat() };
}

/** Deployments of Azure OpenAI stand in the path; its newer `/openai/v1` takes the model from the body as OpenAI does. */
function azureUrl(base: URL, deployment: ModelDeployment, operation: Operation, model: string): URL {
  if (base.pathname.endsWith('/openai/v1')) return withPath(base, pathOfOperation[operation]);
  const folder = operation === 'responses' ? '/openai' : `/openai/deployments/${encodeURIComponent(model)}`;
  const url = withPath(base, folder + pathOfOperation[operation]);
  url.searchParams.set('api-version', deployment.apiVersion ?? defaultAzureVersion);
  return url;
}

function withPath(base: URL, path: string): URL {
  const url = new URL(base);
  url.pathname = base.pathname.replace(/\/$/, '') + path;
  return url;
}

function headersOf(deployment: ModelDeployment, keyHeader: string, scheme: string): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'accept-encoding': 'identity',
    'user-agent': 'toolgate',
    ...plainValues(deployment.extra['extra_headers'] ?? deployment.extra['headers']),
  };
  const organization = plainValue(deployment.extra['organization']);
  if (organization !== undefined) headers['openai-organization'] = organization;
  if (deployment.apiKey !== null) headers[keyHeader] = scheme + deployment.apiKey.reveal();
  return headers;
}

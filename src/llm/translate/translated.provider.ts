import { Inject, Injectable } from '@nestjs/common';
import {
  APICallError,
  UnsupportedFunctionalityError,
  type LanguageModelV3,
  type LanguageModelV3CallOptions,
} from '@ai-sdk/provider';

import type { ModelDeployment } from '../../config/gateway-config.js';
import { GatewayError } from '../../core/errors.js';
import type { Cancellation } from '../cancellation.js';
import { asArray, asNumber, asObject } from '../json.js';
import { LLM_CONFIG, type LlmConfig } from '../llm-config.js';
import { eventStreamAnswer, jsonAnswer } from '../providers/made-answer.js';
import type { Provider, ProviderAnswer, ProviderCall } from '../providers/provider.js';
import { profileOf, type ProviderWire } from '../providers/provider-table.js';
import { retryAfterSeconds } from '../providers/retry-after.js';
import { toChatCompletion } from './chat-answer.js';
import { toChatEvents } from './chat-events.js';
import { toCallOptions } from './chat-options.js';
import { ChatWire } from './chat-wire.js';
import { guardedFetch } from './guarded-fetch.js';
import { invalid } from './invalid.js';
import { loadModelFactory, type ModelFactory } from './language-models.js';

/** Providers with a wire of their own, through the AI SDK's provider packages, answering on OpenAI's wire. */
@Injectable()
export class TranslatedProvider implements Provider {
  readonly #factories = new WeakMap<ModelDeployment, Promise<ModelFactory>>();

  constructor(@Inject(LLM_CONFIG) private readonly config: LlmConfig) {}

  async send(call: ProviderCall): Promise<ProviderAnswer> {
    try {
      if (call.operation === 'embeddings') return await this.#embed(call);
      if (call.operation !== 'chat') throw unsupported(call);
      return await this.#chat(call);
    } catch (thrown) {
      return toFailure(thrown, call.cancellation);
    }
  }

  async #chat(call: ProviderCall): Promise<ProviderAnswer> {
    const { deployment, request, cancellation } = call;
    const options = toCallOptions(request.json, wireOf(deployment));
    const model = (await this.#factoryOf(deployment)).languageModel(call.model);
    await refuseForeignUrls(model, options);
    const wire = new ChatWire(request.model);
    if (!request.isStream) {
      return jsonAnswer(
        toChatCompletion(await model.doGenerate({ ...options, abortSignal: cancellation.signal }), wire),
      );
    }
    const leave = new AbortController();
    const abortSignal = AbortSignal.any([cancellation.signal, leave.signal]);
    const { stream } = await model.doStream({ ...options, abortSignal });
    const includeUsage = asObject(request.json['stream_options'])['include_usage'] === true;
    const events = translateFaults(toChatEvents(stream, wire, includeUsage), cancellation);
    return eventStreamAnswer(events, () => leave.abort());
  }

  async #embed(call: ProviderCall): Promise<ProviderAnswer> {
    const { input, dimensions } = call.request.json;
    const values = (typeof input === 'string' ? [input] : asArray(input)).map((value, index) => {
      if (typeof value !== 'string') throw invalid(`input[${index}]`, 'must be text for this provider.');
      return value;
    });
    const model = (await this.#factoryOf(call.deployment)).embeddingModel(call.model);
    if (model === null) throw unsupported(call);
    const outputDimensionality = asNumber(dimensions);
    const result = await model.doEmbed({
      values,
      abortSignal: call.cancellation.signal,
      ...(outputDimensionality === undefined
        ? {}
        : { providerOptions: { google: { outputDimensionality } } }),
    });
    const tokens = result.usage?.tokens ?? 0;
    const body = {
      object: 'list',
      data: result.embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding })),
      model: call.request.model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    };
    return jsonAnswer(Buffer.from(JSON.stringify(body)));
  }

  #factoryOf(deployment: ModelDeployment): Promise<ModelFactory> {
    let factory = this.#factories.get(deployment);
    if (factory === undefined) {
      const loading = loadModelFactory(deployment, guardedFetch(this.config.limits.upstreamResponseBytes));
      if (loading === null) throw new GatewayError('INTERNAL');
      this.#factories.set(deployment, (factory = loading));
    }
    return factory;
  }
}

function wireOf(deployment: ModelDeployment): ProviderWire {
  return profileOf(deployment.provider, deployment.apiBase !== null)?.wire ?? 'openai';
}

function unsupported(call: ProviderCall): GatewayError {
  return new GatewayError('INVALID_REQUEST', {
    param: 'model',
    message: `The provider of \`${call.request.model}\` does not support this route; it answers /v1/chat/completions.`,
  });
}

/** A URL that the provider cannot fetch itself is not fetched by the gateway: it could point into its network. */
async function refuseForeignUrls(model: LanguageModelV3, options: LanguageModelV3CallOptions): Promise<void> {
  const supported = await model.supportedUrls;
  for (const message of options.prompt) {
    if (message.role !== 'user') continue;
    for (const part of message.content) {
      if (part.type !== 'file' || !(part.data instanceof URL)) continue;
      const { href } = part.data;
      const isSupported = Object.entries(supported).some(
        ([type, patterns]) =>
          (type === '*' || type === '*/*' || type.startsWith('image/')) &&
          patterns.some((pattern) => pattern.test(href)),
      );
      if (!isSupported)
        throw invalid('messages', 'has an image by URL; this provider takes images as data: URLs only.');
    }
  }
}

async function* translateFaults(
  events: AsyncIterable<Buffer>,
  cancellation: Cancellation,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* events;
  } catch (thrown) {
    throw toGatewayError(thrown, cancellation);
  }
}

/** An error that the provider answered, as an answer; anything else is thrown. */
function toFailure(thrown: unknown, cancellation: Cancellation): ProviderAnswer {
  if (!APICallError.isInstance(thrown) || thrown.statusCode === undefined || thrown.statusCode < 300) {
    throw toGatewayError(thrown, cancellation);
  }
  const body = Buffer.from(JSON.stringify({ message: thrown.message }));
  const headers = thrown.responseHeaders;
  const wait = retryAfterSeconds(headers?.['retry-after'], headers?.['retry-after-ms']);
  return jsonAnswer(body, thrown.statusCode, wait);
}

function toGatewayError(thrown: unknown, cancellation: Cancellation): GatewayError {
  if (cancellation.reason !== null) return cancellation.reason;
  for (let cause = thrown; cause instanceof Error; cause = cause.cause)
    if (cause instanceof GatewayError) return cause;
  if (UnsupportedFunctionalityError.isInstance(thrown)) {
    return new GatewayError(
      'INVALID_REQUEST',
      { message: `The provider of this model does not support: ${thrown.functionality}.` },
      { cause: thrown },
    );
  }
  if (APICallError.isInstance(thrown) && thrown.statusCode === undefined) {
    return new GatewayError('UPSTREAM_UNAVAILABLE', { message: connectionLost }, { cause: thrown });
  }
  return new GatewayError('UPSTREAM_INVALID_RESPONSE', { message: invalidAnswer }, { cause: thrown });
}

const connectionLost = 'The connection to the provider of this model failed.';
const invalidAnswer = 'The provider of this model sent an invalid answer.';

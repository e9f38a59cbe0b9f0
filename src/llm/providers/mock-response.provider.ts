import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import { asArray, asObject } from '../json.js';
import { estimateInputTokens, estimateTokens } from '../usage/estimate.js';
import { ChatWire, doneEvent, event, wireUsage } from '../translate/chat-wire.js';
import { eventStreamAnswer, jsonAnswer } from './made-answer.js';
import type { Provider, ProviderAnswer, ProviderCall } from './provider.js';

const mockDimensions = 8;

/** `litellm_params.mock_response`: a fixed answer without any provider, for trying things out. */
@Injectable()
export class MockResponseProvider implements Provider {
  send(call: ProviderCall): Promise<ProviderAnswer> {
    const text = call.deployment.mockResponse ?? '';
    switch (call.operation) {
      case 'chat':
        return Promise.resolve(chat(call, text));
      case 'completions':
        return Promise.resolve(completion(call, text));
      case 'embeddings':
        return Promise.resolve(embeddings(call));
      case 'responses':
        return Promise.reject(
          new GatewayError('INVALID_REQUEST', {
            param: 'model',
            message: `The model \`${call.request.model}\` is a mock; it answers /v1/chat/completions.`,
          }),
        );
    }
  }
}

function usageOf(call: ProviderCall, text: string): ReturnType<typeof wireUsage> {
  return wireUsage(estimateInputTokens(call.request.json), estimateTokens(text));
}

function chat(call: ProviderCall, text: string): ProviderAnswer {
  const wire = new ChatWire(call.request.model);
  const usage = usageOf(call, text);
  if (!call.request.isStream) return jsonAnswer(wire.completion({ content: text }, 'stop', usage));
  const wantsUsage = asObject(call.request.json['stream_options'])['include_usage'] === true;
  const events = async function* (): AsyncGenerator<Buffer, void, undefined> {
    yield wire.chunk({ role: 'assistant', content: '' });
    for (const word of text.match(/\s*\S+\s*$|\s*\S+/g) ?? [])
      yield await Promise.resolve(wire.chunk({ content: word }));
    yield wire.chunk({}, 'stop');
    if (wantsUsage) yield wire.usageChunk(usage);
    yield doneEvent;
  };
  return eventStreamAnswer(events(), () => undefined);
}

function completion(call: ProviderCall, text: string): ProviderAnswer {
  const body = {
    id: 'cmpl-mock',
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model: call.request.model,
    choices: [{ index: 0, text, logprobs: null, finish_reason: 'stop' }],
  };
  if (!call.request.isStream) {
    return jsonAnswer(Buffer.from(JSON.stringify({ ...body, usage: usageOf(call, text) })));
  }
  const events = async function* (): AsyncGenerator<Buffer, void, undefined> {
    yield await Promise.resolve(event(body));
    yield doneEvent;
  };
  return eventStreamAnswer(events(), () => undefined);
}

function embeddings(call: ProviderCall): ProviderAnswer {
  const { input } = call.request.json;
  const count = Array.isArray(input) && typeof input[0] !== 'number' ? asArray(input).length : 1;
  const data = Array.from({ length: count }, (_, index) => ({
    object: 'embedding',
    index,
    embedding: Array.from({ length: mockDimensions }, () => 0),
  }));
  const inputTokens = estimateInputTokens(call.request.json);
  const usage = { prompt_tokens: inputTokens, total_tokens: inputTokens };
  return jsonAnswer(Buffer.from(JSON.stringify({ object: 'list', data, model: call.request.model, usage })));
}

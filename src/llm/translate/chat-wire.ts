import { randomUUID } from 'node:crypto';

import type { JsonObject } from '../json.js';

/** `finish_reason` of OpenAI's chat completions. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** `usage` of OpenAI's chat completions. */
export interface WireUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
  readonly completion_tokens_details?: { readonly reasoning_tokens: number };
}

export function wireUsage(inputTokens: number, outputTokens: number): WireUsage {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  };
}

/** Writes answers as OpenAI's `/v1/chat/completions` does, whole or as chunks. One per answer. */
export class ChatWire {
  readonly #id = `chatcmpl-${randomUUID().replaceAll('-', '')}`;
  readonly #created = Math.floor(Date.now() / 1000);

  /** @param model the name the client asked for */
  constructor(private readonly model: string) {}

  completion(message: JsonObject, finishReason: FinishReason, usage: WireUsage): Buffer {
    return Buffer.from(
      JSON.stringify({
        ...this.#head('chat.completion'),
        choices: [
          {
            index: 0,
            message: { role: 'assistant', ...message },
            logprobs: null,
            finish_reason: finishReason,
          },
        ],
        usage,
      }),
    );
  }

  chunk(delta: JsonObject, finishReason: FinishReason | null = null): Buffer {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
    return event({ ...this.#head('chat.completion.chunk'), choices });
  }

  /** The chunk that `stream_options.include_usage` asks for, after the last one with choices. */
  usageChunk(usage: WireUsage): Buffer {
    return event({ ...this.#head('chat.completion.chunk'), choices: [], usage });
  }

  #head(object: string): JsonObject {
    return { id: this.#id, object, created: this.#created, model: this.model };
  }
}

export const doneEvent = Buffer.from('data: [DONE]\n\n');

/** One server-sent event with JSON as its data. */
export function event(value: unknown): Buffer {
  return Buffer.from(`data: ${JSON.stringify(value)}\n\n`);
}

import type {
  LanguageModelV3Content,
  LanguageModelV3FinishReason,
  LanguageModelV3GenerateResult,
  LanguageModelV3Usage,
  SharedV3ProviderMetadata,
} from '@ai-sdk/provider';

import { asObject, asString, type JsonObject } from '../json.js';
import { wireUsage, type ChatWire, type FinishReason, type WireUsage } from './chat-wire.js';

/** The result of a language model as OpenAI's chat completion. */
export function toChatCompletion(result: LanguageModelV3GenerateResult, wire: ChatWire): Buffer {
  const message: JsonObject = { content: joinText(result.content), refusal: null };
  const reasoning = result.content.filter((part) => part.type === 'reasoning');
  if (reasoning.length > 0) {
    message['reasoning_content'] = reasoning.map((part) => part.text).join('');
    const blocks = reasoning.flatMap((part) => thinkingBlock(part.text, part.providerMetadata));
    if (blocks.length > 0) message['thinking_blocks'] = blocks;
  }
  const calls = result.content.filter((part) => part.type === 'tool-call' && part.providerExecuted !== true);
  if (calls.length > 0) message['tool_calls'] = calls.map(toToolCall);
  return wire.completion(
    message,
    toFinishReason(result.finishReason, calls.length > 0),
    toUsage(result.usage),
  );
}

function joinText(content: readonly LanguageModelV3Content[]): string | null {
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  return texts.length === 0 ? null : texts.join('');
}

function toToolCall(part: LanguageModelV3Content): JsonObject {
  if (part.type !== 'tool-call') return {};
  return {
    id: part.toolCallId,
    type: 'function',
    function: { name: part.toolName, arguments: part.input === '' ? '{}' : part.input },
    ...signatureOf(part.providerMetadata),
  };
}

/** Gemini's thought signature, which must come back with the tool call. */
export function signatureOf(metadata: SharedV3ProviderMetadata | undefined): JsonObject {
  const signature = asString(asObject(metadata?.['google'])['thoughtSignature']);
  return signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } };
}

/** A block of thinking with the signature that lets it be sent back. */
export function thinkingBlock(
  thinking: string,
  metadata: SharedV3ProviderMetadata | undefined,
): JsonObject[] {
  const signature =
    asString(asObject(metadata?.['anthropic'])['signature']) ??
    asString(asObject(metadata?.['bedrock'])['signature']);
  return signature === undefined ? [] : [{ type: 'thinking', thinking, signature }];
}

export function toFinishReason(reason: LanguageModelV3FinishReason, hasToolCalls: boolean): FinishReason {
  switch (reason.unified) {
    case 'length':
      return 'length';
    case 'content-filter':
      return 'content_filter';
    case 'tool-calls':
      return 'tool_calls';
    case 'stop':
    case 'error':
    case 'other':
      return hasToolCalls ? 'tool_calls' : 'stop';
  }
}

export function toUsage(usage: LanguageModelV3Usage): WireUsage {
  const { inputTokens, outputTokens } = usage;
  return {
    ...wireUsage(inputTokens.total ?? 0, outputTokens.total ?? 0),
    ...(inputTokens.cacheRead === undefined
      ? {}
      : { prompt_tokens_details: { cached_tokens: inputTokens.cacheRead } }),
    ...(outputTokens.reasoning === undefined
      ? {}
      : { completion_tokens_details: { reasoning_tokens: outputTokens.reasoning } }),
  };
}

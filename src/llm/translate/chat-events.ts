import type { LanguageModelV3StreamPart } from '@ai-sdk/provider';

import { signatureOf, thinkingBlock, toFinishReason, toUsage } from './chat-answer.js';
import { doneEvent, type ChatWire } from './chat-wire.js';

/** Tool calls of one stream: where each stands in OpenAI's `tool_calls`. */
class ToolCallIndexes {
  readonly #indexes = new Map<string, number>();

  get any(): boolean {
    return this.#indexes.size > 0;
  }

  of(id: string): number | undefined {
    return this.#indexes.get(id);
  }

  add(id: string): number {
    const index = this.#indexes.size;
    this.#indexes.set(id, index);
    return index;
  }
}

/** A language model's stream as OpenAI's chunks, part by part as they come. Throws what the stream reports as an error. */
export async function* toChatEvents(
  parts: AsyncIterable<LanguageModelV3StreamPart>,
  wire: ChatWire,
  includeUsage: boolean,
): AsyncGenerator<Buffer, void, undefined> {
  const calls = new ToolCallIndexes();
  const thinking = new Map<string, string>();
  yield wire.chunk({ role: 'assistant', content: '' });
  for await (const part of parts) {
    switch (part.type) {
      case 'text-delta':
        if (part.delta !== '') yield wire.chunk({ content: part.delta });
        break;
      case 'reasoning-delta':
        thinking.set(part.id, (thinking.get(part.id) ?? '') + part.delta);
        if (part.delta !== '') yield wire.chunk({ reasoning_content: part.delta });
        // Anthropic's signature comes as an empty delta of its own.
        for (const block of thinkingBlock(thinking.get(part.id) ?? '', part.providerMetadata)) {
          yield wire.chunk({ thinking_blocks: [block] });
        }
        break;
      case 'tool-input-start':
        if (part.providerExecuted !== true) {
          yield toolChunk(wire, calls.add(part.id), { id: part.id, name: part.toolName, text: '' });
        }
        break;
      case 'tool-input-delta': {
        const index = calls.of(part.id);
        if (index !== undefined && part.delta !== '') yield toolChunk(wire, index, { text: part.delta });
        break;
      }
      case 'tool-call': {
        const extra = signatureOf(part.providerMetadata);
        const known = calls.of(part.toolCallId);
        if (known !== undefined) {
          if ('extra_content' in extra) yield wire.chunk({ tool_calls: [{ index: known, ...extra }] });
        } else if (part.providerExecuted !== true) {
          const start = { id: part.toolCallId, name: part.toolName, text: part.input };
          yield toolChunk(wire, calls.add(part.toolCallId), start, extra);
        }
        break;
      }
      case 'finish':
        yield wire.chunk({}, toFinishReason(part.finishReason, calls.any));
        if (includeUsage) yield wire.usageChunk(toUsage(part.usage));
        yield doneEvent;
        return;
      case 'error':
        throw part.error;
      default:
        break;
    }
  }
}

function toolChunk(
  wire: ChatWire,
  index: number,
  call: { id?: string; name?: string; text: string },
  extra: Readonly<Record<string, unknown>> = {},
): Buffer {
  const start = call.id === undefined ? {} : { id: call.id, type: 'function' };
  const name = call.name === undefined ? {} : { name: call.name };
  return wire.chunk({
    tool_calls: [{ index, ...start, function: { ...name, arguments: call.text }, ...extra }],
  });
}

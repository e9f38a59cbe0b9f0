import type {
  LanguageModelV3FilePart,
  LanguageModelV3Message,
  LanguageModelV3Prompt,
  LanguageModelV3ReasoningPart,
  LanguageModelV3TextPart,
  LanguageModelV3ToolCallPart,
  LanguageModelV3ToolResultPart,
} from '@ai-sdk/provider';

import { asArray, asObject, asString, isJsonObject, tryParse, type JsonObject } from '../json.js';
import { invalid } from './invalid.js';

/** OpenAI's `messages` as the prompt of a language model. Tool results that follow one another become one message. */
export function toPrompt(messages: readonly unknown[]): LanguageModelV3Prompt {
  const prompt: LanguageModelV3Prompt = [];
  const toolNames = new Map<string, string>();
  messages.forEach((entry, index) => {
    const message = asObject(entry);
    const param = `messages[${index}]`;
    const result = message['role'] === 'tool' ? toolResult(message, toolNames, param) : null;
    const last = prompt.at(-1);
    if (result === null) prompt.push(toMessage(message, toolNames, param));
    else if (last?.role === 'tool') last.content.push(result);
    else prompt.push({ role: 'tool', content: [result] });
  });
  return prompt;
}

function toMessage(
  message: JsonObject,
  toolNames: Map<string, string>,
  param: string,
): LanguageModelV3Message {
  switch (message['role']) {
    case 'system':
    case 'developer':
      return { role: 'system', content: textOf(message['content'], `${param}.content`) };
    case 'user':
      return { role: 'user', content: userParts(message['content'], `${param}.content`) };
    case 'assistant':
      return { role: 'assistant', content: assistantParts(message, toolNames, param) };
    default:
      throw invalid(`${param}.role`, 'must be one of system, developer, user, assistant, tool.');
  }
}

type AssistantPart = LanguageModelV3ReasoningPart | LanguageModelV3TextPart | LanguageModelV3ToolCallPart;

function assistantParts(message: JsonObject, toolNames: Map<string, string>, param: string): AssistantPart[] {
  const parts: AssistantPart[] = asArray(message['thinking_blocks']).flatMap(reasoningPart);
  const text = textOf(message['content'], `${param}.content`);
  // Anthropic refuses empty text blocks.
  if (text !== '') parts.push({ type: 'text', text });
  asArray(message['tool_calls']).forEach((entry, index) => {
    const call = asObject(entry);
    const { name, arguments: argumentsJson } = asObject(call['function']);
    const id = asString(call['id']);
    if (id === undefined || typeof name !== 'string') {
      throw invalid(`${param}.tool_calls[${index}]`, 'must have an `id` and a `function.name`.');
    }
    toolNames.set(id, name);
    const input = tryParse(asString(argumentsJson) ?? '');
    parts.push({
      type: 'tool-call',
      toolCallId: id,
      toolName: name,
      input: isJsonObject(input) ? input : {},
      ...signatureOptions(call),
    });
  });
  return parts;
}

/** Thinking goes back to the model as it came, signature and all, or it is refused (Anthropic, extended thinking). */
function reasoningPart(block: unknown): LanguageModelV3ReasoningPart[] {
  const { thinking, signature } = asObject(block);
  if (typeof thinking !== 'string' || typeof signature !== 'string') return [];
  return [
    {
      type: 'reasoning',
      text: thinking,
      providerOptions: { anthropic: { signature }, bedrock: { signature } },
    },
  ];
}

/** Gemini's thought signature, in the place Google's own OpenAI-compatible API gives it. */
function signatureOptions(call: JsonObject): Pick<LanguageModelV3ToolCallPart, 'providerOptions'> {
  const thoughtSignature = asString(asObject(asObject(call['extra_content'])['google'])['thought_signature']);
  return thoughtSignature === undefined ? {} : { providerOptions: { google: { thoughtSignature } } };
}

function toolResult(
  message: JsonObject,
  toolNames: ReadonlyMap<string, string>,
  param: string,
): LanguageModelV3ToolResultPart {
  const id = asString(message['tool_call_id']);
  const toolName = id === undefined ? undefined : toolNames.get(id);
  if (id === undefined || toolName === undefined) {
    throw invalid(
      `${param}.tool_call_id`,
      'must be the id of a tool call in an assistant message before it.',
    );
  }
  const value = textOf(message['content'], `${param}.content`);
  return { type: 'tool-result', toolCallId: id, toolName, output: { type: 'text', value } };
}

/** Text content: a string, or parts of which only text ones may be there. */
function textOf(content: unknown, param: string): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((entry, index) => {
      const part = asObject(entry);
      const text = asString(part['text']) ?? asString(part['refusal']);
      if (text === undefined) throw invalid(`${param}[${index}]`, 'must be text here.');
      return text;
    })
    .join('');
}

function userParts(content: unknown, param: string): (LanguageModelV3TextPart | LanguageModelV3FilePart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw invalid(param, 'must be a string or an array of parts.');
  return content.map((entry, index) => userPart(asObject(entry), `${param}[${index}]`));
}

function userPart(part: JsonObject, param: string): LanguageModelV3TextPart | LanguageModelV3FilePart {
  switch (part['type']) {
    case 'text':
      return { type: 'text', text: asString(part['text']) ?? '' };
    case 'image_url':
      return imagePart(asString(asObject(part['image_url'])['url']) ?? asString(part['image_url']), param);
    case 'input_audio': {
      const { data, format } = asObject(part['input_audio']);
      if (typeof data !== 'string') throw invalid(`${param}.input_audio.data`, 'must be base64 text.');
      return { type: 'file', mediaType: `audio/${asString(format) ?? 'wav'}`, data };
    }
    case 'file': {
      const { file_data: data, filename } = asObject(part['file']);
      const file = typeof data === 'string' ? fromDataUrl(data) : null;
      if (file === null)
        throw invalid(`${param}.file.file_data`, 'must be a data: URL; this provider has no stored files.');
      return { type: 'file', ...file, ...(typeof filename === 'string' ? { filename } : {}) };
    }
    default:
      throw invalid(`${param}.type`, 'must be one of text, image_url, input_audio, file.');
  }
}

function imagePart(url: string | undefined, param: string): LanguageModelV3FilePart {
  const file = url === undefined ? null : fromDataUrl(url);
  if (file !== null) return { type: 'file', ...file };
  if (url === undefined || !URL.canParse(url) || !/^https?:/i.test(url)) {
    throw invalid(`${param}.image_url.url`, 'must be an https: or data: URL.');
  }
  return { type: 'file', mediaType: 'image/*', data: new URL(url) };
}

function fromDataUrl(url: string): { mediaType: string; data: string } | null {
  const match = /^data:([^;,]+)(?:;[^;,]+)*;base64,/i.exec(url);
  if (match?.[1] === undefined) return null;
  return { mediaType: match[1].toLowerCase(), data: url.slice(match[0].length) };
}

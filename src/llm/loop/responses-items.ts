import { randomUUID } from 'node:crypto';

import type { CompletionRequest } from '../completion-request.js';
import { asArray, asString, isJsonObject, type JsonObject } from '../json.js';
import type { OfferedTools } from './offered-tools.js';
import type { ModelToolCall, ToolRun } from './tool-runner.js';

/**
 * The request with `mcp_*` items of earlier answers as what the model saw: clients send a response's output back as
 * input, and most providers know nothing of the gateway's items.
 */
export function unpackMcpItems(request: CompletionRequest): CompletionRequest {
  const { input } = request.json;
  if (!Array.isArray(input) || !input.some((item) => isMcpItem(item))) return request;
  return request.with({ input: JSON.stringify(input.flatMap(unpack)) });
}

function isMcpItem(item: unknown): boolean {
  return isJsonObject(item) && (item['type'] === 'mcp_list_tools' || item['type'] === 'mcp_call');
}

function unpack(item: unknown): unknown[] {
  if (!isJsonObject(item) || !isMcpItem(item)) return [item];
  if (item['type'] === 'mcp_list_tools') return [];
  const callId = asString(item['id']) ?? '';
  const name = (asString(item['name']) ?? '').replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
  const output = asString(item['output']) ?? `Error: ${asString(item['error']) ?? ''}`;
  return [
    { type: 'function_call', call_id: callId, name, arguments: asString(item['arguments']) ?? '{}' },
    { type: 'function_call_output', call_id: callId, output },
  ];
}

/** The request with the gateway's tools as functions in place of the `mcp` entries. */
export function offerInResponses(request: CompletionRequest, offered: OfferedTools): CompletionRequest {
  const own = asArray(request.json['tools']).filter((tool) => !isJsonObject(tool) || tool['type'] !== 'mcp');
  const ours = [...offered.all].map(({ offeredName, tool }) => ({
    type: 'function',
    name: offeredName,
    description: tool.description,
    parameters: tool.inputSchema,
    strict: false,
  }));
  const tools = [...own, ...ours];
  if (tools.length === 0) return request.with({ tools: undefined, tool_choice: undefined });
  const choice = request.json['tool_choice'];
  const asked = isJsonObject(choice) && choice['type'] === 'mcp' ? asString(choice['name']) : undefined;
  const offeredName = asked === undefined ? undefined : offered.nameOf(asked);
  const isMcpChoice = isJsonObject(choice) && choice['type'] === 'mcp';
  const toolChoice = offeredName === undefined ? 'required' : { type: 'function', name: offeredName };
  const changes = { tools: JSON.stringify(tools) };
  return request.with(isMcpChoice ? { ...changes, tool_choice: JSON.stringify(toolChoice) } : changes);
}

/** `input` as a list of items; a text is one message of the user. */
export function inputItems(input: unknown): readonly unknown[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  return asArray(input);
}

/** What a round adds to the next request's input: the model's own items and the results of its calls. */
export function nextItems(
  output: readonly JsonObject[],
  runs: readonly ToolRun[],
  isStored: boolean,
): JsonObject[] {
  // Without storage, reasoning can only be sent back when it came encrypted (OpenAI API reference, `include`).
  const kept = output.filter(
    (item) => isStored || item['type'] !== 'reasoning' || typeof item['encrypted_content'] === 'string',
  );
  return [...kept, ...runs.map(outputItem)];
}

export function outputItem({ call, output }: ToolRun): JsonObject {
  return { type: 'function_call_output', call_id: call.id, output };
}

export function functionCallsOf(output: readonly JsonObject[]): readonly ModelToolCall[] {
  return output.flatMap((item) => {
    const { type, call_id: id, name, arguments: argumentsJson } = item;
    if (type !== 'function_call' || typeof id !== 'string' || typeof name !== 'string') return [];
    return [{ id, name, argumentsJson: asString(argumentsJson) ?? '' }];
  });
}

/** A message of the gateway: why it stopped. */
export function messageItem(text: string): JsonObject {
  return {
    type: 'message',
    id: `msg_${randomUUID().replaceAll('-', '')}`,
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations: [] }],
  };
}

import type { CompletionRequest } from '../completion-request.js';
import { asArray, asObject, asString, isJsonObject, type JsonObject } from '../json.js';
import type { ToolRun } from './tool-runner.js';

/**
 * When a model calls the gateway's tools and the client's functions in one breath, the gateway runs its own and gives
 * the rest back. The results travel in the assistant message itself (`toolgate.mcp_calls`): a client that sends the
 * message back, as the API wants it, brings them along, whichever replica it reaches next. A client that drops the
 * member loses nothing but the results: the model asks again.
 */
export function carry(runs: readonly ToolRun[]): JsonObject {
  return {
    mcp_calls: runs.map(({ call, output }) => ({
      id: call.id,
      name: call.name,
      arguments: call.argumentsJson,
      output,
    })),
  };
}

/** The request with carried calls back in their place: in the message's tool calls, and as tool messages after it. */
export function unpackCarried(request: CompletionRequest): CompletionRequest {
  const messages = asArray(request.json['messages']);
  if (!messages.some((message) => isJsonObject(message) && 'toolgate' in message)) return request;
  return request.with({ messages: JSON.stringify(messages.flatMap(unpack)) });
}

function unpack(entry: unknown): unknown[] {
  if (!isJsonObject(entry) || !('toolgate' in entry)) return [entry];
  const { toolgate, ...message } = entry;
  const carried = asArray(asObject(toolgate)['mcp_calls']).map(asObject);
  if (carried.length === 0) return [message];
  const calls = carried.map(({ id, name, arguments: argumentsJson }) => ({
    id,
    type: 'function',
    function: { name, arguments: asString(argumentsJson) ?? '{}' },
  }));
  const results = carried.map(({ id, output }) => ({
    role: 'tool',
    tool_call_id: id,
    content: asString(output) ?? '',
  }));
  return [{ ...message, tool_calls: [...asArray(message['tool_calls']), ...calls] }, ...results];
}

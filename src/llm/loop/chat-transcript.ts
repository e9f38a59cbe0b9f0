import type { CompletionRequest } from '../completion-request.js';
import { asArray, asObject, asString, isJsonObject, type JsonObject } from '../json.js';
import type { OfferedTools } from './offered-tools.js';
import type { ModelToolCall, ToolRun } from './tool-runner.js';

/** A chat completion's request as it grows round by round. */
export class ChatTranscript {
  #request: CompletionRequest;
  #messages: string;

  constructor(request: CompletionRequest, offered: OfferedTools) {
    this.#request = offer(request, offered);
    this.#messages = request.textOf('messages').slice(0, -1);
  }

  get request(): CompletionRequest {
    return this.#request;
  }

  append(message: JsonObject, runs: readonly ToolRun[]): void {
    const results = runs.map(({ call, output }) => ({
      role: 'tool',
      tool_call_id: call.id,
      content: output,
    }));
    const added = [withoutNulls(message), ...results].map((entry) => JSON.stringify(entry)).join(',');
    this.#messages += `,${added}`;
    const changes: Record<string, string> = { messages: `${this.#messages}]` };
    // A model that must call a tool would never come to an end.
    const choice = this.#request.json['tool_choice'];
    if (choice === 'required' || isJsonObject(choice)) changes['tool_choice'] = '"auto"';
    this.#request = this.#request.with(changes);
  }
}

/** The request with the gateway's tools as functions in place of the `mcp` entries. */
function offer(request: CompletionRequest, offered: OfferedTools): CompletionRequest {
  const own = asArray(request.json['tools']).filter((tool) => asObject(tool)['type'] !== 'mcp');
  const ours = [...offered.all].map(({ offeredName, tool }) => ({
    type: 'function',
    function: { name: offeredName, description: tool.description, parameters: tool.inputSchema },
  }));
  const tools = [...own, ...ours];
  if (tools.length === 0) {
    return request.with({ tools: undefined, tool_choice: undefined, parallel_tool_calls: undefined });
  }
  const choice = toolChoice(request.json['tool_choice'], offered);
  const changes = { tools: JSON.stringify(tools) };
  return request.with(choice === null ? changes : { ...changes, tool_choice: JSON.stringify(choice) });
}

/** `tool_choice` for one of the gateway's tools, under the name it is offered by; null = stays as it is. */
function toolChoice(choice: unknown, offered: OfferedTools): unknown {
  const { type, name, function: definition } = asObject(choice);
  const asked = type === 'mcp' ? asString(name) : asString(asObject(definition)['name']);
  const offeredName = asked === undefined ? undefined : offered.nameOf(asked);
  if (offeredName !== undefined) return { type: 'function', function: { name: offeredName } };
  return type === 'mcp' ? 'required' : null;
}

/** Answers carry members that requests may not, as null. */
function withoutNulls(message: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(message).filter(([name, value]) => value !== null || name === 'content'),
  );
}

/** The tool calls of an assistant message. A call without an id gets one, in the message too. */
export function toolCallsOf(message: JsonObject, round: number): readonly ModelToolCall[] {
  return asArray(message['tool_calls']).flatMap((entry, index) => {
    if (!isJsonObject(entry)) return [];
    const { name, arguments: argumentsJson } = asObject(entry['function']);
    const id = asString(entry['id']) ?? '';
    if (id === '') entry['id'] = `call_${round}_${index}`;
    return [
      {
        id: entry['id'] as string,
        name: asString(name) ?? '',
        argumentsJson:
          typeof argumentsJson === 'string' ? argumentsJson : JSON.stringify(argumentsJson ?? {}),
      },
    ];
  });
}

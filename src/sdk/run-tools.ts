import type { McpToolCall, McpToolResult } from './mcp-types.js';
import { ToolgateError } from './toolgate-error.js';
import { toolResultText } from './tool-result-text.js';
import {
  transformOpenAIToolCallRequestToMcpToolCallRequest,
  type OpenAITool,
  type OpenAIToolCall,
} from './transform.js';

/** A message of a chat completion; those of the `openai` package fit. */
export interface ChatMessage {
  readonly role: string;
}

export interface AssistantMessage extends ChatMessage {
  readonly role: 'assistant';
  readonly content?: string | null;
  readonly tool_calls?: readonly (OpenAIToolCall & { readonly id: string })[];
}

export interface ToolMessage extends ChatMessage {
  readonly role: 'tool';
  readonly tool_call_id: string;
  readonly content: string;
}

export interface RunToolsOptions {
  readonly model: string;
  /** Completions asked for at most; default 10. */
  readonly maxRounds?: number;
  /** Default: all tools that the key may use. */
  readonly tools?: readonly OpenAITool[];
  /** Anything else that goes into each request, e.g. `temperature`. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal;
}

export interface RunToolsResult<M extends ChatMessage> {
  /** The model's last message. */
  readonly message: AssistantMessage;
  /** The whole conversation, that message included. */
  readonly messages: readonly (M | AssistantMessage | ToolMessage)[];
  /** Completions that were asked for. */
  readonly rounds: number;
}

/** What the loop needs of a gateway. */
interface Ports {
  complete(body: unknown): Promise<unknown>;
  call(name: string, args: Readonly<Record<string, unknown>>): Promise<McpToolResult>;
}

export async function runTools<M extends ChatMessage>(
  asked: readonly M[],
  tools: readonly OpenAITool[],
  { model, maxRounds = 10, params, signal }: RunToolsOptions,
  ports: Ports,
): Promise<RunToolsResult<M>> {
  const messages: (M | AssistantMessage | ToolMessage)[] = [...asked];
  const offer = tools.length === 0 ? {} : { tools };
  for (let rounds = 1; rounds <= maxRounds; rounds++) {
    const message = messageOf(await ports.complete({ ...params, model, messages, ...offer, stream: false }));
    messages.push(message);
    const calls = message.tool_calls ?? [];
    if (calls.length === 0) return { message, messages, rounds };
    const answers = await Promise.all(calls.map((call) => answer(call, ports, signal)));
    messages.push(...answers);
  }
  throw new ToolgateError(`The model still wants tools after ${maxRounds} rounds.`, {
    status: null,
    code: 'too_many_rounds',
  });
}

function messageOf(completion: unknown): AssistantMessage {
  const { choices } = (completion ?? {}) as { choices?: readonly { message?: AssistantMessage }[] };
  const message = choices?.[0]?.message;
  if (message !== undefined) return message;
  throw new ToolgateError('The completion has no message.', { status: 200, code: 'invalid_answer' });
}

async function answer(
  call: OpenAIToolCall & { readonly id: string },
  ports: Ports,
  signal?: AbortSignal,
): Promise<ToolMessage> {
  return { role: 'tool', tool_call_id: call.id, content: await contentOf(call, ports, signal) };
}

/** Failures that the model can do something about are told to it. */
async function contentOf(call: OpenAIToolCall, ports: Ports, signal?: AbortSignal): Promise<string> {
  let request: McpToolCall;
  try {
    request = transformOpenAIToolCallRequestToMcpToolCallRequest({ openaiTool: call });
    return toolResultText(await ports.call(request.name, request.arguments));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TypeError) return `Error: ${error.message}`;
    if (error instanceof ToolgateError && error.status !== null && error.status !== 401)
      return `Error: ${error.message}`;
    throw error;
  }
}

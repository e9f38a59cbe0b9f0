import type { McpTool, McpToolCall } from './mcp-types.js';

/** JSON Schema of an object, as models want it. */
export type ParametersSchema = Record<string, unknown> & {
  type: 'object';
  properties: Record<string, unknown>;
};

/** A function tool of chat completions. */
export interface OpenAITool {
  type: 'function';
  function: { name: string; description: string; parameters: ParametersSchema; strict: false };
}

/** A function tool of OpenAI's responses API. */
export interface OpenAIResponsesTool {
  type: 'function';
  name: string;
  description: string;
  parameters: ParametersSchema;
  strict: false;
}

/** A client tool of Anthropic's messages API. */
export interface AnthropicTool {
  name: string;
  description: string;
  input_schema: ParametersSchema;
}

/** A tool call as a model asks for it; those of the `openai` package fit. */
export interface OpenAIToolCall {
  readonly id?: string | undefined;
  readonly type?: string | undefined;
  readonly function?:
    | { readonly name?: string | undefined; readonly arguments?: string | object | null | undefined }
    | null
    | undefined;
}

/** Drops what chat completions have no place for (title, annotations, output schema); changes nothing it is given. */
export function transformMcpToolToOpenAITool(tool: McpTool): OpenAITool {
  const { name, description, inputSchema } = tool;
  return {
    type: 'function',
    function: { name, description: description ?? '', parameters: parametersOf(inputSchema), strict: false },
  };
}

export function transformMcpToolToOpenAIResponsesTool(tool: McpTool): OpenAIResponsesTool {
  return { type: 'function', ...transformMcpToolToOpenAITool(tool).function };
}

export function transformMcpToolToAnthropicTool(tool: McpTool): AnthropicTool {
  const { name, description, inputSchema } = tool;
  return { name, description: description ?? '', input_schema: parametersOf(inputSchema) };
}

/**
 * The `tools/call` that a model's tool call asks for. Arguments that are missing, empty or no JSON object become `{}`.
 * Throws TypeError when the call has no function or the function no name.
 */
export function transformOpenAIToolCallRequestToMcpToolCallRequest({
  openaiTool,
}: {
  openaiTool: OpenAIToolCall;
}): McpToolCall {
  const { function: called } = openaiTool;
  if (!isObject(called)) throw new TypeError('The tool call has no function.');
  if (typeof called.name !== 'string' || called.name === '') {
    throw new TypeError('The function of the tool call has no name.');
  }
  return { name: called.name, arguments: argumentsOf(called.arguments) };
}

function parametersOf(schema: unknown): ParametersSchema {
  const given = isObject(schema) ? schema : {};
  return {
    ...given,
    type: 'object',
    properties: isObject(given.properties) ? given.properties : {},
  };
}

function argumentsOf(written: unknown): Record<string, unknown> {
  if (isObject(written)) return written;
  if (typeof written !== 'string') return {};
  try {
    const parsed: unknown = JSON.parse(written);
    return isObject(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

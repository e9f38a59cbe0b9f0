import type {
  JSONObject,
  LanguageModelV3CallOptions,
  LanguageModelV3FunctionTool,
  LanguageModelV3ToolChoice,
  SharedV3ProviderOptions,
} from '@ai-sdk/provider';

import type { ProviderWire } from '../providers/provider-table.js';
import { asArray, asNumber, asObject, asString, isJsonObject, type JsonObject } from '../json.js';
import { toPrompt } from './chat-messages.js';
import { invalid } from './invalid.js';

/** OpenAI's chat completion request as call options of a language model. Throws INVALID_REQUEST naming the field. */
export function toCallOptions(request: JsonObject, wire: ProviderWire): LanguageModelV3CallOptions {
  if ((asNumber(request['n']) ?? 1) !== 1) throw invalid('n', 'must be 1 for this provider.');
  const tools = toTools(request['tools']);
  const toolChoice = tools === undefined ? undefined : toToolChoice(request['tool_choice']);
  const responseFormat = toResponseFormat(request['response_format']);
  return compact({
    prompt: toPrompt(asArray(request['messages'])),
    maxOutputTokens: asNumber(request['max_completion_tokens']) ?? asNumber(request['max_tokens']),
    temperature: asNumber(request['temperature']),
    topP: asNumber(request['top_p']),
    topK: asNumber(request['top_k']),
    presencePenalty: asNumber(request['presence_penalty']),
    frequencyPenalty: asNumber(request['frequency_penalty']),
    seed: asNumber(request['seed']),
    stopSequences: toStop(request['stop']),
    tools,
    toolChoice,
    responseFormat,
    providerOptions: toProviderOptions(request, wire),
  });
}

/** Leaves out what is undefined: the options distinguish it from absent. */
function compact(options: {
  [K in keyof LanguageModelV3CallOptions]: LanguageModelV3CallOptions[K] | undefined;
}): LanguageModelV3CallOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as LanguageModelV3CallOptions;
}

function toStop(stop: unknown): string[] | undefined {
  if (typeof stop === 'string') return [stop];
  return Array.isArray(stop) ? stop.filter((entry) => typeof entry === 'string') : undefined;
}

function toTools(tools: unknown): LanguageModelV3FunctionTool[] | undefined {
  const entries = asArray(tools);
  if (entries.length === 0) return undefined;
  return entries.map((entry, index) => {
    const { type, function: definition } = asObject(entry);
    const { name, description, parameters, strict } = asObject(definition);
    if (type !== 'function' || typeof name !== 'string') {
      throw invalid(`tools[${index}]`, 'must be a function with a name.');
    }
    const schema = isJsonObject(parameters) ? parameters : { type: 'object', properties: {} };
    return {
      type: 'function' as const,
      name,
      inputSchema: schema,
      ...(typeof description === 'string' ? { description } : {}),
      ...(typeof strict === 'boolean' ? { strict } : {}),
    };
  });
}

function toToolChoice(choice: unknown): LanguageModelV3ToolChoice | undefined {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { type: choice };
  const toolName = asString(asObject(asObject(choice)['function'])['name']);
  if (toolName !== undefined) return { type: 'tool', toolName };
  if (choice === undefined || choice === null) return undefined;
  throw invalid('tool_choice', 'must be none, auto, required or a function by its name.');
}

function toResponseFormat(format: unknown): LanguageModelV3CallOptions['responseFormat'] {
  const { type, json_schema: jsonSchema } = asObject(format);
  if (type === 'json_object') return { type: 'json' };
  if (type !== 'json_schema') return undefined;
  const { schema, name, description } = asObject(jsonSchema);
  return {
    type: 'json',
    ...(isJsonObject(schema) ? { schema: schema } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof description === 'string' ? { description } : {}),
  };
}

/** Tokens to think with, by OpenAI's `reasoning_effort`; the figures LiteLLM uses. */
const thinkingBudgets: Readonly<Record<string, number>> = {
  minimal: 1024,
  low: 1024,
  medium: 2048,
  high: 4096,
};

/** What a provider calls otherwise: reasoning, and switching parallel tool calls off. */
function toProviderOptions(request: JsonObject, wire: ProviderWire): SharedV3ProviderOptions | undefined {
  const effort = asString(request['reasoning_effort']);
  const budget = effort === undefined ? undefined : thinkingBudgets[effort];
  const options: JSONObject = {};
  if (wire === 'anthropic') {
    if (budget !== undefined) options['thinking'] = { type: 'enabled', budgetTokens: budget };
    if (request['parallel_tool_calls'] === false) options['disableParallelToolUse'] = true;
  } else if (wire === 'gemini') {
    if (budget !== undefined) options['thinkingConfig'] = { thinkingBudget: budget, includeThoughts: true };
  } else if (budget !== undefined) options['reasoningConfig'] = { type: 'enabled', budgetTokens: budget };
  if (Object.keys(options).length === 0) return undefined;
  return { [optionsKey[wire] ?? wire]: options };
}

/** The names under which the provider packages look for their options. */
const optionsKey: Partial<Record<ProviderWire, string>> = { gemini: 'google' };

import type { ModelDeployment } from '../../config/gateway-config.js';
import { asNumber, isJsonObject, type JsonObject } from '../json.js';

/** Tokens that one answer used. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** `usage` of a chat completion, an embedding or a response; null when it says nothing. */
export function readUsage(usage: unknown): TokenUsage | null {
  if (!isJsonObject(usage)) return null;
  const inputTokens = asNumber(usage['prompt_tokens']) ?? asNumber(usage['input_tokens']);
  const outputTokens = asNumber(usage['completion_tokens']) ?? asNumber(usage['output_tokens']);
  if (inputTokens === undefined && outputTokens === undefined) return null;
  return { inputTokens: Math.max(0, inputTokens ?? 0), outputTokens: Math.max(0, outputTokens ?? 0) };
}

/** US dollars. */
export function costOf(deployment: ModelDeployment, usage: TokenUsage): number {
  return (
    usage.inputTokens * deployment.inputCostPerToken + usage.outputTokens * deployment.outputCostPerToken
  );
}

/** Two `usage` objects of the same kind as one: numbers added, details too; anything else as the later says it. */
export function addUsage(sum: JsonObject, usage: JsonObject): JsonObject {
  const total: JsonObject = { ...sum };
  for (const [name, value] of Object.entries(usage)) {
    const before = Object.hasOwn(total, name) ? total[name] : undefined;
    if (typeof value === 'number' && typeof before === 'number') total[name] = before + value;
    else if (isJsonObject(value) && isJsonObject(before)) total[name] = addUsage(before, value);
    else if (value !== null || before === undefined) total[name] = value;
  }
  return total;
}

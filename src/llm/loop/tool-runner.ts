import { randomUUID } from 'node:crypto';

import { GatewayError } from '../../core/errors.js';
import type { Principal } from '../../core/principal.js';
import type { Cancellation } from '../cancellation.js';
import { isJsonObject, tryParse, type JsonObject } from '../json.js';
import type { CompletionTools } from '../ports/completion-tools.js';
import type { OfferedTools } from './offered-tools.js';
import { resultText } from './result-text.js';

/** A tool call that a model asked for. */
export interface ModelToolCall {
  readonly id: string;
  readonly name: string;
  /** As the model wrote them: JSON text, or not. */
  readonly argumentsJson: string;
}

/** A tool call that the gateway ran. */
export interface ToolRun {
  readonly call: ModelToolCall;
  /** What the model is told; for failures, why. */
  readonly output: string;
  /** `mcp_call` of OpenAI's Responses API. */
  readonly item: JsonObject;
}

export interface ToolRunContext {
  readonly principal: Principal;
  readonly requestId: string;
  readonly cancellation: Cancellation;
  readonly onRun: (run: ToolRun) => void;
  /** What a call cost, in US dollars. */
  readonly onCost: (costUsd: number) => void;
}

/** Runs the calls of one round at the same time. A tool that fails is told to the model; only CANCELLED is thrown. */
export function runToolCalls(
  tools: CompletionTools,
  offered: OfferedTools,
  calls: readonly ModelToolCall[],
  context: ToolRunContext,
): Promise<readonly ToolRun[]> {
  return Promise.all(
    calls.map(async (call) => {
      const run = toRun(call, offered, await runOne(tools, offered, call, context));
      context.onRun(run);
      return run;
    }),
  );
}

interface Outcome {
  readonly output: string;
  readonly isError: boolean;
}

async function runOne(
  tools: CompletionTools,
  offered: OfferedTools,
  call: ModelToolCall,
  { principal, requestId, cancellation, onCost }: ToolRunContext,
): Promise<Outcome> {
  const tool = offered.get(call.name)?.tool;
  if (tool === undefined) return failure(tools.refuse(principal, call, requestId).message);
  const argumentsJson = call.argumentsJson.trim() === '' ? '{}' : call.argumentsJson;
  if (!isJsonObject(tryParse(argumentsJson)))
    return failure('The arguments are not a JSON object. Send one.');
  try {
    const result = await tools.call(
      principal,
      { name: tool.name, argumentsJson },
      { signal: cancellation.signal, requestId },
    );
    onCost(result.costUsd);
    return resultText(result.json);
  } catch (thrown) {
    cancellation.throwIfCancelled();
    if (thrown instanceof GatewayError && thrown.code !== 'CANCELLED') return failure(thrown.message);
    throw thrown;
  }
}

function failure(message: string): Outcome {
  return { output: message, isError: true };
}

function toRun(call: ModelToolCall, offered: OfferedTools, { output, isError }: Outcome): ToolRun {
  const known = offered.get(call.name);
  return {
    call,
    output: isError ? `Error: ${output}` : output,
    item: {
      type: 'mcp_call',
      id: `mcp_${randomUUID().replaceAll('-', '')}`,
      server_label: known?.serverLabel ?? 'toolgate',
      name: known?.tool.name ?? call.name,
      arguments: call.argumentsJson,
      output: isError ? null : output,
      error: isError ? output : null,
    },
  };
}

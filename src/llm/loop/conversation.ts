import type { CompletionRequest } from '../completion-request.js';
import type { JsonObject } from '../json.js';
import type { RoutedAnswer } from '../routing/model-router.service.js';
import type { ModelToolCall, ToolRun } from './tool-runner.js';

/** What a model answered in one round of the loop. */
export interface ModelRound {
  readonly calls: readonly ModelToolCall[];
  /** `usage` as the provider wrote it. */
  readonly usage: JsonObject | null;
  readonly estimatedOutputTokens: number;
}

/** Why the gateway ended the loop before the model was finished. */
export interface LoopStop {
  readonly reason: 'max_rounds' | 'max_time' | 'budget_exceeded' | 'rate_limit_exceeded';
  readonly message: string;
}

/** How a loop ended. */
export interface LoopEnd {
  /** Calls that are the client's to run. */
  readonly back: readonly ModelToolCall[];
  /** Calls of the same round that the gateway ran: the client brings their results back with its own. */
  readonly ranBeside: readonly ToolRun[];
  readonly stopped: LoopStop | null;
  readonly rounds: number;
  /** Of all rounds together. */
  readonly usage: JsonObject | null;
  /** US dollars of all rounds and tool calls. */
  readonly costUsd: number;
}

/** What the client is told of a loop: the member `toolgate` of its answer. */
export function summaryOf({ rounds, costUsd, stopped }: LoopEnd): JsonObject {
  return { rounds, cost: costUsd, ...(stopped === null ? {} : { stopped }) };
}

/** One API's way through a tool loop: what is sent to the model, and what the client gets of it. */
export interface Conversation {
  /** For the next round. */
  readonly request: CompletionRequest;
  /** Reads an answer; of a stream, the client's part is passed on as it comes. */
  read(answer: RoutedAnswer): Promise<ModelRound>;
  /** Puts the model's calls and their results into the next request. */
  append(runs: readonly ToolRun[]): void;
  /** `mcp_list_tools` and `mcp_call` items, as they come about. */
  report(item: JsonObject): void;
  finish(end: LoopEnd): Promise<void>;
}

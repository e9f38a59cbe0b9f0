import type { CompletionRequest } from '../completion-request.js';
import { asArray, asObject, asString, isJsonObject, type JsonObject } from '../json.js';
import { summaryOf, type LoopEnd } from './conversation.js';
import type { OfferedTools } from './offered-tools.js';
import { pendingOutputs } from './pending-outputs.js';
import { functionCallsOf, inputItems, messageItem, nextItems, offerInResponses } from './responses-items.js';
import type { ModelToolCall, ToolRun } from './tool-runner.js';

/** A request to the Responses API as it grows round by round, and what its answer is made of. */
export class ResponsesTranscript {
  readonly #originalTools: unknown;
  readonly #input: unknown[];
  #request: CompletionRequest;
  /** The last answer of the provider. */
  #response: JsonObject = {};

  constructor(
    request: CompletionRequest,
    private readonly offered: OfferedTools,
    keyId: string,
  ) {
    const previous = asString(request.json['previous_response_id']);
    const pending = previous === undefined ? [] : pendingOutputs(keyId, previous);
    this.#originalTools = request.json['tools'];
    this.#input = [...pending, ...inputItems(request.json['input'])];
    this.#request = offerInResponses(request, offered);
    if (pending.length > 0) this.#request = this.#request.with({ input: JSON.stringify(this.#input) });
  }

  get request(): CompletionRequest {
    return this.#request;
  }

  get responseId(): string {
    return asString(this.#response['id']) ?? '';
  }

  /** Takes in a round's answer; gives back the calls in it. */
  take(response: JsonObject): readonly ModelToolCall[] {
    this.#response = response;
    return functionCallsOf(this.#output);
  }

  append(runs: readonly ToolRun[]): void {
    this.#input.push(...nextItems(this.#output, runs, this.#request.json['store'] !== false));
    const changes: Record<string, string> = { input: JSON.stringify(this.#input) };
    const choice = this.#request.json['tool_choice'];
    if (choice === 'required' || isJsonObject(choice)) changes['tool_choice'] = '"auto"';
    this.#request = this.#request.with(changes);
  }

  /** A call that the client does not get to see: the gateway ran it, or tells of it as `mcp_call`. */
  isHidden(item: JsonObject): boolean {
    if (item['type'] !== 'function_call') return false;
    const name = asString(item['name']) ?? '';
    const tool = this.offered.get(name);
    return tool === undefined ? !this.offered.isClientFunction(name) : tool.runsHere;
  }

  /** The items of the last answer that the client gets. */
  visibleItems(): JsonObject[] {
    return this.#output.filter((item) => !this.isHidden(item));
  }

  /** The last answer as the client gets it, with `output` of all rounds. */
  finalResponse(output: readonly JsonObject[], end: LoopEnd): JsonObject {
    const { stopped, usage } = end;
    return {
      ...this.#response,
      ...(stopped === null
        ? { output }
        : {
            status: 'incomplete',
            incomplete_details: { reason: stopped.reason },
            output: [...output, messageItem(stopped.message)],
          }),
      tools: this.#originalTools,
      ...(usage === null ? {} : { usage }),
      toolgate: summaryOf(end),
    };
  }

  get #output(): JsonObject[] {
    return asArray(this.#response['output']).map(asObject);
  }
}

import { GatewayError } from '../../core/errors.js';
import type { CallContext } from '../call-context.js';
import type { CompletionRequest } from '../completion-request.js';
import { asObject, isJsonObject, tryParse, type JsonObject } from '../json.js';
import { sendWhole } from '../relay/answer-writer.js';
import type { RoutedAnswer } from '../routing/model-router.service.js';
import { tokensOfCharacters } from '../usage/estimate.js';
import type { Conversation, LoopEnd, ModelRound } from './conversation.js';
import type { OfferedTools } from './offered-tools.js';
import { keepPendingOutputs } from './pending-outputs.js';
import { ResponsesTranscript } from './responses-transcript.js';
import type { ToolRun } from './tool-runner.js';

/** A response with tools, answered at the end. */
export class WholeResponse implements Conversation {
  readonly #transcript: ResponsesTranscript;
  readonly #output: JsonObject[] = [];

  constructor(
    private readonly context: CallContext,
    request: CompletionRequest,
    offered: OfferedTools,
  ) {
    this.#transcript = new ResponsesTranscript(request, offered, context.principal.keyId);
  }

  get request(): CompletionRequest {
    return this.#transcript.request;
  }

  read(answer: RoutedAnswer): Promise<ModelRound> {
    const bytes = answer.body.kind === 'whole' ? answer.body.bytes : Buffer.alloc(0);
    const response = asObject(tryParse(bytes.toString()));
    if (!Array.isArray(response['output'])) {
      throw new GatewayError('UPSTREAM_INVALID_RESPONSE', {
        message: 'The provider of this model sent no output.',
      });
    }
    const calls = this.#transcript.take(response);
    this.#output.push(...this.#transcript.visibleItems());
    return Promise.resolve({
      calls,
      usage: isJsonObject(response['usage']) ? response['usage'] : null,
      estimatedOutputTokens: tokensOfCharacters(bytes.length),
    });
  }

  append(runs: readonly ToolRun[]): void {
    this.#transcript.append(runs);
  }

  report(item: JsonObject): void {
    this.#output.push(item);
  }

  finish(end: LoopEnd): Promise<void> {
    const { client, principal, metering } = this.context;
    if (end.ranBeside.length > 0) {
      keepPendingOutputs(principal.keyId, this.#transcript.responseId, end.ranBeside);
    }
    const body = Buffer.from(JSON.stringify(this.#transcript.finalResponse(this.#output, end)));
    sendWhole(
      client,
      { status: 200, contentType: 'application/json', retryAfterSeconds: null },
      body,
      metering,
    );
    return Promise.resolve();
  }
}

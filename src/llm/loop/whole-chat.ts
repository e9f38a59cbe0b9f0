import { GatewayError } from '../../core/errors.js';
import type { CallContext } from '../call-context.js';
import type { CompletionRequest } from '../completion-request.js';
import { asArray, asObject, asString, isJsonObject, tryParse, type JsonObject } from '../json.js';
import { sendWhole } from '../relay/answer-writer.js';
import type { RoutedAnswer } from '../routing/model-router.service.js';
import { tokensOfCharacters } from '../usage/estimate.js';
import { carry } from './carried-calls.js';
import { ChatTranscript, toolCallsOf } from './chat-transcript.js';
import { summaryOf, type Conversation, type LoopEnd, type ModelRound } from './conversation.js';
import type { OfferedTools } from './offered-tools.js';
import type { ToolRun } from './tool-runner.js';

/** A chat completion with tools, answered at the end. */
export class WholeChat implements Conversation {
  readonly #transcript: ChatTranscript;
  readonly #items: JsonObject[] = [];
  #answer: RoutedAnswer | undefined;
  #completion: JsonObject = {};
  #message: JsonObject = {};
  #round = 0;

  constructor(
    private readonly context: CallContext,
    request: CompletionRequest,
    offered: OfferedTools,
  ) {
    this.#transcript = new ChatTranscript(request, offered);
  }

  get request(): CompletionRequest {
    return this.#transcript.request;
  }

  read(answer: RoutedAnswer): Promise<ModelRound> {
    const bytes = answer.body.kind === 'whole' ? answer.body.bytes : Buffer.alloc(0);
    const completion = asObject(tryParse(bytes.toString()));
    const message = asObject(asArray(completion['choices'])[0])['message'];
    if (!isJsonObject(message)) {
      throw new GatewayError('UPSTREAM_INVALID_RESPONSE', {
        message: 'The provider of this model sent no message.',
      });
    }
    this.#round += 1;
    this.#answer = answer;
    this.#completion = completion;
    this.#message = message;
    return Promise.resolve({
      calls: toolCallsOf(message, this.#round),
      usage: isJsonObject(completion['usage']) ? completion['usage'] : null,
      estimatedOutputTokens: tokensOfCharacters(bytes.length),
    });
  }

  append(runs: readonly ToolRun[]): void {
    this.#transcript.append(this.#message, runs);
  }

  report(item: JsonObject): void {
    this.#items.push(item);
  }

  finish(end: LoopEnd): Promise<void> {
    const { back, ranBeside, stopped, usage } = end;
    const { tool_calls: calls, ...message } = this.#message;
    const backIds = new Set(back.map(({ id }) => id));
    if (back.length > 0) message['tool_calls'] = asArray(calls).filter((call) => backIds.has(idOf(call)));
    if (ranBeside.length > 0) message['toolgate'] = carry(ranBeside);
    const [choice] = asArray(this.#completion['choices']).map(asObject);
    let finishReason = choice?.['finish_reason'] ?? 'stop';
    if (back.length > 0) finishReason = 'tool_calls';
    else if (stopped !== null) {
      finishReason = 'length';
      if ((asString(message['content']) ?? '') === '') message['content'] = stopped.message;
    }
    const body = {
      ...this.#completion,
      choices: [{ ...choice, message, finish_reason: finishReason }],
      ...(usage === null ? {} : { usage }),
      toolgate: { ...summaryOf(end), output: this.#items },
    };
    const head = { status: 200, contentType: this.#answer?.contentType ?? '', retryAfterSeconds: null };
    sendWhole(this.context.client, head, Buffer.from(JSON.stringify(body)), this.context.metering);
    return Promise.resolve();
  }
}

function idOf(call: unknown): string {
  return asString(asObject(call)['id']) ?? '';
}

import { GatewayError } from '../../core/errors.js';
import type { CallContext } from '../call-context.js';
import type { CompletionRequest } from '../completion-request.js';
import { asArray, asObject, asString, isJsonObject, tryParse, type JsonObject } from '../json.js';
import type { LlmLimits } from '../llm-config.js';
import { redact } from '../providers/redaction.js';
import { dataOf, SseSplitter } from '../relay/sse-splitter.js';
import type { RoutedAnswer } from '../routing/model-router.service.js';
import { doneEvent, event } from '../translate/chat-wire.js';
import { asksForUsage } from '../usage/stream-usage.js';
import { carry } from './carried-calls.js';
import { ChatTranscript, toolCallsOf } from './chat-transcript.js';
import { summaryOf, type Conversation, type LoopEnd, type ModelRound } from './conversation.js';
import { Heartbeat } from './heartbeat.js';
import { MessageBuilder } from './message-builder.js';
import type { OfferedTools } from './offered-tools.js';
import type { ToolRun } from './tool-runner.js';

/**
 * A chat completion with tools as a stream: text comes through as the model writes it, in one answer over all rounds;
 * tool calls are held back until it is known whose they are.
 */
export class StreamedChat implements Conversation {
  readonly #transcript: ChatTranscript;
  readonly #wantsUsage: boolean;
  readonly #heartbeat: Heartbeat;
  #waiting: JsonObject[] = [];
  /** The members that all chunks of the client's stream share; from the first chunk of the first round. */
  #head: JsonObject | undefined;
  #builder = new MessageBuilder();
  #round = 0;

  constructor(
    private readonly context: CallContext,
    request: CompletionRequest,
    offered: OfferedTools,
    private readonly limits: LlmLimits,
  ) {
    this.#transcript = new ChatTranscript(request, offered);
    this.#wantsUsage = asksForUsage(request);
    this.#heartbeat = new Heartbeat(context.client, limits.heartbeatMs);
  }

  get request(): CompletionRequest {
    return this.#transcript.request;
  }

  async read(answer: RoutedAnswer): Promise<ModelRound> {
    this.#round += 1;
    this.#builder = new MessageBuilder();
    this.#heartbeat.stop();
    if (answer.body.kind === 'whole') throw noStream();
    const splitter = new SseSplitter(this.limits.upstreamResponseBytes);
    let isDone = false;
    for await (const chunk of answer.body.chunks) {
      for (const text of splitter.push(chunk).map(dataOf)) {
        if (text === '[DONE]') isDone = true;
        else if (text !== null) await this.#see(text, answer);
      }
      if (isDone) break;
    }
    if (!isDone && this.#builder.finishReason === null) throw cut();
    if (this.#head !== undefined) this.#heartbeat.start();
    return {
      calls: toolCallsOf(this.#builder.message, this.#round),
      usage: this.#builder.usage,
      estimatedOutputTokens: this.#builder.estimatedTokens,
    };
  }

  append(runs: readonly ToolRun[]): void {
    this.#transcript.append(this.#builder.message, runs);
  }

  report(item: JsonObject): void {
    this.#waiting.push(item);
    if (this.#head !== undefined) this.#flushItems();
  }

  async finish(end: LoopEnd): Promise<void> {
    const { back, ranBeside, stopped, usage } = end;
    this.#heartbeat.stop();
    const { client } = this.context;
    let finishReason = this.#builder.finishReason ?? 'stop';
    if (ranBeside.length > 0) await client.write(this.#chunk({ toolgate: carry(ranBeside) }));
    if (back.length > 0) {
      finishReason = 'tool_calls';
      const ids = back.map(({ id }) => id);
      const calls = asArray(this.#builder.message['tool_calls']).map(asObject);
      const kept = calls.filter(({ id }) => ids.includes(asString(id) ?? ''));
      await client.write(this.#chunk({ tool_calls: kept.map((call, index) => ({ index, ...call })) }));
    } else if (stopped !== null) {
      finishReason = 'length';
      if ((asString(this.#builder.message['content']) ?? '') === '') {
        await client.write(this.#chunk({ content: stopped.message }));
      }
    }
    await client.write(this.#chunk({}, finishReason, { toolgate: summaryOf(end) }));
    if (this.#wantsUsage && usage !== null) await client.write(event({ ...this.#head, choices: [], usage }));
    await client.write(doneEvent);
    client.end();
  }

  async #see(text: string, answer: RoutedAnswer): Promise<void> {
    const json = tryParse(text);
    if (!isJsonObject(json)) throw malformed();
    if (json['error'] !== undefined && json['error'] !== null) throw reported(json['error'], answer);
    const delta = this.#builder.see(json);
    if (this.#head === undefined) this.#open(json);
    else if (this.#round > 1) delete delta['role'];
    if (Object.keys(delta).length > 0) await this.context.client.write(this.#chunk(delta));
  }

  #open(chunk: JsonObject): void {
    const shared = Object.entries(chunk).filter(([name]) => name !== 'choices' && name !== 'usage');
    this.#head = Object.fromEntries(shared);
    this.context.client.openStream('text/event-stream; charset=utf-8');
    this.#flushItems();
  }

  #flushItems(): void {
    const items = this.#waiting;
    this.#waiting = [];
    if (items.length > 0)
      this.context.client.tryWrite(this.#chunk({}, null, { toolgate: { output: items } }));
  }

  #chunk(delta: JsonObject, finishReason: string | null = null, extra: JsonObject = {}): Buffer {
    return event({ ...this.#head, choices: [{ index: 0, delta, finish_reason: finishReason }], ...extra });
  }
}

function malformed(): GatewayError {
  return new GatewayError('UPSTREAM_INVALID_RESPONSE', {
    message: 'The provider of this model sent an event that is not JSON.',
  });
}

function noStream(): GatewayError {
  return new GatewayError('UPSTREAM_INVALID_RESPONSE', {
    message: 'The provider of this model sent no stream when it was asked for one.',
  });
}

function cut(): GatewayError {
  return new GatewayError('UPSTREAM_UNAVAILABLE', {
    message: 'The provider of this model broke off before the end of its answer.',
  });
}

function reported(error: unknown, { deployment }: RoutedAnswer): GatewayError {
  const text =
    asString(asObject(error)['message']) ?? asString(error) ?? 'The provider of this model failed.';
  return new GatewayError('UPSTREAM_UNAVAILABLE', { message: redact(text, deployment) });
}

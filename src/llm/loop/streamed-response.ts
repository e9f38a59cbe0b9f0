import { GatewayError } from '../../core/errors.js';
import type { CallContext } from '../call-context.js';
import type { CompletionRequest } from '../completion-request.js';
import { asNumber, asObject, asString, isJsonObject, tryParse, type JsonObject } from '../json.js';
import type { LlmLimits } from '../llm-config.js';
import { redact } from '../providers/redaction.js';
import { dataOf, SseSplitter } from '../relay/sse-splitter.js';
import type { RoutedAnswer } from '../routing/model-router.service.js';
import { tokensOfCharacters } from '../usage/estimate.js';
import type { Conversation, LoopEnd, ModelRound } from './conversation.js';
import { Heartbeat } from './heartbeat.js';
import type { OfferedTools } from './offered-tools.js';
import { keepPendingOutputs } from './pending-outputs.js';
import { messageItem } from './responses-items.js';
import { ResponsesTranscript } from './responses-transcript.js';
import type { ToolRun } from './tool-runner.js';

/** Events that open a response; the client gets those of the first round. */
const openingEvents = new Set(['response.created', 'response.in_progress', 'response.queued']);
const endingEvents = new Set(['response.completed', 'response.incomplete']);
const failureEvents = new Set(['response.failed', 'error']);

/** A response with tools as a stream: one response over all rounds, its items numbered anew. */
export class StreamedResponse implements Conversation {
  readonly #transcript: ResponsesTranscript;
  readonly #heartbeat: Heartbeat;
  readonly #output: JsonObject[] = [];
  readonly #waiting: JsonObject[] = [];
  /** Of the current round: the provider's index to ours; -1 for items that the client does not see. */
  #indexes = new Map<number, number>();
  #nextIndex = 0;
  #sequence = 0;
  #round = 0;
  #characters = 0;
  #isOpen = false;

  constructor(
    private readonly context: CallContext,
    request: CompletionRequest,
    offered: OfferedTools,
    private readonly limits: LlmLimits,
  ) {
    this.#transcript = new ResponsesTranscript(request, offered, context.principal.keyId);
    this.#heartbeat = new Heartbeat(context.client, limits.heartbeatMs);
  }

  get request(): CompletionRequest {
    return this.#transcript.request;
  }

  async read(answer: RoutedAnswer): Promise<ModelRound> {
    this.#round += 1;
    this.#characters = 0;
    this.#indexes = new Map();
    this.#heartbeat.stop();
    if (answer.body.kind === 'whole') throw invalid('no stream when it was asked for one');
    const splitter = new SseSplitter(this.limits.upstreamResponseBytes);
    for await (const chunk of answer.body.chunks) {
      for (const text of splitter.push(chunk).map(dataOf)) {
        const response = text === null || text === '[DONE]' ? null : await this.#see(text, answer);
        if (response === null) continue;
        const calls = this.#transcript.take(response);
        this.#output.push(...this.#transcript.visibleItems());
        this.#heartbeat.start();
        const usage = isJsonObject(response['usage']) ? response['usage'] : null;
        return { calls, usage, estimatedOutputTokens: tokensOfCharacters(this.#characters) };
      }
    }
    throw new GatewayError('UPSTREAM_UNAVAILABLE', {
      message: 'The provider of this model broke off before the end of its answer.',
    });
  }

  append(runs: readonly ToolRun[]): void {
    this.#transcript.append(runs);
  }

  report(item: JsonObject): void {
    if (this.#isOpen) this.#tell(item);
    else this.#waiting.push(item);
  }

  async finish(end: LoopEnd): Promise<void> {
    this.#heartbeat.stop();
    const { client, principal } = this.context;
    if (end.ranBeside.length > 0) {
      keepPendingOutputs(principal.keyId, this.#transcript.responseId, end.ranBeside);
    }
    const response = this.#transcript.finalResponse(this.#output, end);
    if (end.stopped !== null) this.#announce(messageItem(end.stopped.message));
    const type = response['status'] === 'incomplete' ? 'response.incomplete' : 'response.completed';
    await client.write(this.#event({ type, response }));
    client.end();
  }

  /** Passes an event on; gives back the whole response when it was the last one. */
  async #see(text: string, answer: RoutedAnswer): Promise<JsonObject | null> {
    const event = tryParse(text);
    if (!isJsonObject(event)) throw invalid('an event that is not JSON');
    const type = asString(event['type']) ?? '';
    if (failureEvents.has(type)) throw reported(event, answer);
    if (endingEvents.has(type)) return asObject(event['response']);
    if (type.endsWith('.delta')) this.#characters += asString(event['delta'])?.length ?? 0;
    if (openingEvents.has(type)) {
      if (this.#round === 1) await this.#write(event);
      return null;
    }
    const index = asNumber(event['output_index']);
    if (index === undefined) await this.#write(event);
    else {
      const ours = this.#indexOf(index, event);
      if (ours >= 0) await this.#write({ ...event, output_index: ours });
    }
    return null;
  }

  #indexOf(index: number, event: JsonObject): number {
    let ours = this.#indexes.get(index);
    if (ours === undefined) {
      ours = this.#transcript.isHidden(asObject(event['item'])) ? -1 : this.#nextIndex++;
      this.#indexes.set(index, ours);
    }
    return ours;
  }

  async #write(event: JsonObject): Promise<void> {
    const { client } = this.context;
    if (!this.#isOpen) {
      client.openStream('text/event-stream; charset=utf-8');
      this.#isOpen = true;
    }
    await client.write(this.#event(event));
    if (event['type'] !== 'response.created') for (const item of this.#waiting.splice(0)) this.#tell(item);
  }

  /** An item of the gateway's own: in the output, and as events. */
  #tell(item: JsonObject): void {
    this.#output.push(item);
    this.#announce(item);
  }

  #announce(item: JsonObject): void {
    const place = { output_index: this.#nextIndex++, item };
    const { client } = this.context;
    client.tryWrite(this.#event({ type: 'response.output_item.added', ...place }));
    client.tryWrite(this.#event({ type: 'response.output_item.done', ...place }));
  }

  #event(event: JsonObject): Buffer {
    const data = JSON.stringify({ ...event, sequence_number: this.#sequence++ });
    return Buffer.from(`event: ${asString(event['type']) ?? 'message'}\ndata: ${data}\n\n`);
  }
}

function invalid(what: string): GatewayError {
  return new GatewayError('UPSTREAM_INVALID_RESPONSE', {
    message: `The provider of this model sent ${what}.`,
  });
}

function reported(event: JsonObject, { deployment }: RoutedAnswer): GatewayError {
  const error = asObject(asObject(event['response'])['error']);
  const text =
    asString(event['message']) ?? asString(error['message']) ?? 'The provider of this model failed.';
  return new GatewayError('UPSTREAM_UNAVAILABLE', { message: redact(text, deployment) });
}

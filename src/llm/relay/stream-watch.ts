import type { ModelDeployment } from '../../config/gateway-config.js';
import { GatewayError } from '../../core/errors.js';
import { scanObject } from '../../core/json-object.js';
import { spliceMembers } from '../../core/json-splice.js';
import { asArray, asObject, asString, isJsonObject, tryParse, type JsonObject } from '../json.js';
import { providerErrorBody } from '../providers/provider-error.js';
import type { Operation } from '../providers/provider.js';
import { redact } from '../providers/redaction.js';
import { tokensOfCharacters } from '../usage/estimate.js';
import { readUsage, type TokenUsage } from '../usage/token-usage.js';
import { dataOf } from './sse-splitter.js';

const doneMarker = '[DONE]';

/** Events of the Responses API after which nothing comes (OpenAI API reference, streaming events). */
const lastResponseEvents = new Set(['response.completed', 'response.incomplete', 'response.failed', 'error']);

/**
 * Looks over a stream's events on their way to the client: does each hold JSON, did the answer end, what did it use.
 * Gives back what the client is to get: the event as it is, or nothing.
 */
export class StreamWatch {
  #usage: TokenUsage | null = null;
  #characters = 0;
  #hasFinished = false;
  #isDone = false;
  #hasFailed = false;

  /** @param hidesUsage usage was asked for by the gateway alone, so the client does not get it */
  constructor(
    private readonly operation: Operation,
    private readonly deployment: ModelDeployment,
    private readonly hidesUsage: boolean,
  ) {}

  /** As the provider said it; null when it did not. */
  get usage(): TokenUsage | null {
    return this.#usage;
  }

  get estimatedOutputTokens(): number {
    return tokensOfCharacters(this.#characters);
  }

  /** `[DONE]` or its like has passed. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** The model said that it is finished; only `[DONE]` is missing. */
  get hasFinished(): boolean {
    return this.#hasFinished;
  }

  /** The provider reported an error in its stream: nothing more is passed on. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  see(event: Buffer): Buffer | null {
    const data = dataOf(event);
    if (data === null) return event;
    if (data === doneMarker) {
      this.#isDone = true;
      return event;
    }
    const json = tryParse(data);
    if (!isJsonObject(json)) {
      throw new GatewayError('UPSTREAM_INVALID_RESPONSE', {
        message: 'The provider of this model sent an event that is not JSON.',
      });
    }
    return this.operation === 'responses'
      ? this.#seeResponse(event, json)
      : this.#seeChunk(event, data, json);
  }

  #seeChunk(event: Buffer, data: string, json: JsonObject): Buffer | null {
    if (json['error'] !== undefined && json['error'] !== null) {
      this.#hasFailed = true;
      return Buffer.from(
        `data: ${providerErrorBody(500, Buffer.from(data), this.deployment).toString()}\n\n`,
      );
    }
    const choices = asArray(json['choices']);
    for (const entry of choices) {
      const choice = asObject(entry);
      if (typeof choice['finish_reason'] === 'string') this.#hasFinished = true;
      this.#countText(choice);
    }
    const usage = readUsage(json['usage']);
    if (usage !== null) this.#usage = usage;
    if (!this.hidesUsage || !('usage' in json)) return event;
    if (usage !== null && choices.length === 0) return null;
    return json['usage'] === null ? withoutUsage(data) : event;
  }

  #seeResponse(event: Buffer, json: JsonObject): Buffer {
    const type = asString(json['type']) ?? '';
    if (type.endsWith('.delta')) this.#characters += asString(json['delta'])?.length ?? 0;
    if (!lastResponseEvents.has(type)) return event;
    this.#isDone = true;
    this.#usage = readUsage(asObject(json['response'])['usage']) ?? this.#usage;
    if (type !== 'error' && type !== 'response.failed') return event;
    this.#hasFailed = true;
    return Buffer.from(redact(event.toString(), this.deployment));
  }

  #countText(choice: JsonObject): void {
    const delta = asObject(choice['delta']);
    this.#characters += (asString(delta['content']) ?? asString(choice['text']) ?? '').length;
    for (const call of asArray(delta['tool_calls'])) {
      this.#characters += asString(asObject(asObject(call)['function'])['arguments'])?.length ?? 0;
    }
  }
}

/** Chunks carry `"usage": null` only because the gateway asked for usage. */
function withoutUsage(data: string): Buffer {
  const bytes = Buffer.from(data);
  return Buffer.from(`data: ${spliceMembers(bytes, scanObject(bytes), { usage: undefined })}\n\n`);
}

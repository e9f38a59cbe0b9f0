import { asArray, asNumber, asObject, asString, isJsonObject, type JsonObject } from '../json.js';
import { tokensOfCharacters } from '../usage/estimate.js';

/** Puts an assistant message together from the chunks of a stream. */
export class MessageBuilder {
  readonly #members: JsonObject = { role: 'assistant' };
  readonly #calls = new Map<number, JsonObject>();
  #finishReason: string | null = null;
  #usage: JsonObject | null = null;
  #characters = 0;

  get finishReason(): string | null {
    return this.#finishReason;
  }

  get usage(): JsonObject | null {
    return this.#usage;
  }

  get estimatedTokens(): number {
    return tokensOfCharacters(this.#characters);
  }

  get message(): JsonObject {
    const calls = [...this.#calls].sort(([a], [b]) => a - b).map(([, call]) => call);
    return { content: null, ...this.#members, ...(calls.length === 0 ? {} : { tool_calls: calls }) };
  }

  /** Takes in a chunk; gives back its delta without tool calls. */
  see(chunk: JsonObject): JsonObject {
    if (isJsonObject(chunk['usage'])) this.#usage = chunk['usage'];
    const choice = asObject(asArray(chunk['choices'])[0]);
    this.#finishReason = asString(choice['finish_reason']) ?? this.#finishReason;
    const { tool_calls: calls, ...delta } = asObject(choice['delta']);
    for (const call of asArray(calls)) this.#addCall(asObject(call));
    for (const [name, value] of Object.entries(delta)) this.#add(name, value);
    return delta;
  }

  #add(name: string, value: unknown): void {
    const before = this.#members[name];
    if (typeof value === 'string') {
      this.#characters += value.length;
      this.#members[name] = name === 'role' || typeof before !== 'string' ? value : before + value;
    } else if (Array.isArray(value) && Array.isArray(before)) {
      this.#members[name] = [...(before as unknown[]), ...(value as unknown[])];
    } else if (value !== null) this.#members[name] = value;
  }

  #addCall(delta: JsonObject): void {
    // Some servers leave the index out and send each call whole.
    const index = asNumber(delta['index']) ?? this.#calls.size;
    const { name, arguments: text } = asObject(delta['function']);
    let call = this.#calls.get(index);
    if (call === undefined) {
      call = { id: '', type: 'function', function: { name: '', arguments: '' } };
      this.#calls.set(index, call);
    }
    const { id } = delta;
    if (delta['extra_content'] !== undefined) call['extra_content'] = delta['extra_content'];
    if (typeof id === 'string' && id !== '') call['id'] = id;
    const definition = asObject(call['function']);
    if (typeof name === 'string') definition['name'] = `${asString(definition['name']) ?? ''}${name}`;
    if (typeof text === 'string') {
      this.#characters += text.length;
      definition['arguments'] = `${asString(definition['arguments']) ?? ''}${text}`;
    }
  }
}

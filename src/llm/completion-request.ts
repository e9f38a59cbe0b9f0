import { GatewayError } from '../core/errors.js';
import { JsonBody } from './json-body.js';
import { isJsonObject, type JsonObject } from './json.js';
import type { Operation } from './providers/provider.js';

/**
 * LiteLLM's own request fields that would choose a provider's address or credentials. Clients do not: the fields are
 * taken out before the body is sent on, and nothing follows them.
 */
const ignoredFields = [
  'api_base',
  'api_key',
  'api_version',
  'azure_ad_token',
  'base_url',
  'custom_llm_provider',
  'user_config',
] as const;

const requiredField: Readonly<Record<Operation, string | null>> = {
  chat: 'messages',
  completions: null,
  embeddings: 'input',
  responses: null,
};

/** A request for a model: the bytes as they came, read once. Changes make a new one. */
export class CompletionRequest {
  private constructor(
    readonly operation: Operation,
    /** The name asked for, as configured in `model_list`. */
    readonly model: string,
    private readonly body: JsonBody,
    readonly json: JsonObject,
  ) {}

  /**
   * @param pathModel the model of routes that name it in the path; it wins over the body's
   * Throws INVALID_JSON or INVALID_REQUEST, the field at fault in `param`.
   */
  static parse(operation: Operation, bytes: Buffer, pathModel: string | null): CompletionRequest {
    const json = parseObject(bytes);
    const model = pathModel ?? json['model'];
    if (typeof model !== 'string' || model === '') throw missing('model', 'a model name');
    requireInput(operation, json);
    const remove = ignoredFields.filter((field) => field in json);
    const request = new CompletionRequest(operation, model, JsonBody.scan(bytes), json);
    if (remove.length === 0) return request;
    return request.with(Object.fromEntries(remove.map((field) => [field, undefined])));
  }

  get isStream(): boolean {
    return this.json['stream'] === true;
  }

  /** The JSON text of a member, byte for byte; `null` when it is not there. */
  textOf(member: string): string {
    return this.body.textOf(member) ?? 'null';
  }

  /**
   * The same request with members of its body changed; all other bytes stay.
   * @param changes member name to JSON text; undefined removes the member
   */
  with(changes: Readonly<Record<string, string | undefined>>): CompletionRequest {
    const json = new Map(Object.entries(this.json));
    for (const [member, text] of Object.entries(changes)) {
      if (text === undefined) json.delete(member);
      else json.set(member, JSON.parse(text));
    }
    return new CompletionRequest(
      this.operation,
      this.model,
      this.body.with(changes),
      Object.fromEntries(json),
    );
  }

  /** The body for a provider that speaks OpenAI's API: only the model's name is another. */
  encodeFor(providerModel: string): Buffer {
    return this.body.with({ model: JSON.stringify(providerModel) }).toBuffer();
  }
}

function parseObject(bytes: Buffer): JsonObject {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString());
  } catch {
    throw new GatewayError('INVALID_JSON');
  }
  if (!isJsonObject(json))
    throw new GatewayError('INVALID_REQUEST', { message: 'The body must be a JSON object.' });
  return json;
}

function requireInput(operation: Operation, json: JsonObject): void {
  const field = requiredField[operation];
  if (field === null) return;
  const value = json[field];
  if (field === 'messages') {
    if (!Array.isArray(value) || value.length === 0) throw missing(field, 'at least one message');
    value.forEach((message, index) => {
      if (!isJsonObject(message) || typeof message['role'] !== 'string') {
        throw missing(`messages[${index}]`, 'an object with a role');
      }
    });
  } else if (value === undefined || value === null) throw missing(field, 'the text to work on');
}

function missing(param: string, what: string): GatewayError {
  return new GatewayError('INVALID_REQUEST', { param, message: `\`${param}\` must be ${what}.` });
}

import type { RpcId } from '../core/rpc.js';
import { parseJson } from '../http/parse-json.js';

/** A JSON-RPC message of a client (JSON-RPC 2.0 section 4; MCP base protocol: ids are strings or numbers, never null). */
export type RpcMessage = RpcRequest | RpcNotification | RpcResponse | InvalidMessage;

export interface RpcRequest {
  readonly kind: 'request';
  readonly id: RpcId;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The message as it was sent, valid JSON: what is only forwarded is cut out of here. */
  readonly text: string;
}

export interface RpcNotification {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A client's answer to a request of the gateway (sampling, elicitation, roots). */
export interface RpcResponse {
  readonly kind: 'response';
  readonly id: RpcId;
  readonly text: string;
}

export interface InvalidMessage {
  readonly kind: 'invalid';
  readonly id: RpcId | null;
  readonly reason: string;
}

export interface ParsedBody {
  readonly isBatch: boolean;
  readonly messages: readonly RpcMessage[];
}

/** Throws INVALID_JSON. Anything that is JSON but no JSON-RPC message becomes an `invalid` message. */
export function parseBody(body: Buffer): ParsedBody {
  const { text, value } = parseJson(body);
  if (!Array.isArray(value)) return { isBatch: false, messages: [toMessage(value, text)] };
  const messages = value.map((item: unknown) => toMessage(item, JSON.stringify(item)));
  return { isBatch: true, messages };
}

const noParams: Readonly<Record<string, unknown>> = Object.freeze({});

function toMessage(value: unknown, text: string): RpcMessage {
  if (!isObject(value)) return invalid(null, 'A JSON-RPC message must be an object.');
  const id = isId(value['id']) ? value['id'] : null;
  if (value['jsonrpc'] !== '2.0') return invalid(id, 'The member "jsonrpc" must be "2.0".');
  const { method } = value;
  if (method === undefined) {
    if (id !== null && ('result' in value || 'error' in value)) return { kind: 'response', id, text };
    return invalid(id, 'The member "method" is missing.');
  }
  if (typeof method !== 'string') return invalid(id, 'The member "method" must be a string.');
  const params = value['params'] ?? noParams;
  if (!isObject(params)) return invalid(id, 'The member "params" must be an object.');
  if (!('id' in value)) return { kind: 'notification', method, params };
  if (id === null) return invalid(null, 'The member "id" must be a string or a number.');
  return { kind: 'request', id, method, params, text };
}

const invalid = (id: RpcId | null, reason: string): InvalidMessage => ({ kind: 'invalid', id, reason });

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object that a JSON text holds; undefined for anything else. What upstreams send is not known to be JSON throughout. */
export function parseObject(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isId(value: unknown): value is RpcId {
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
}

import type { JsonBytes, RpcErrorObject, RpcId } from '../core/rpc.js';
import type { InputPath } from '../gateway/upstream-types.js';

/** Something that can be called off. */
export interface Cancellable {
  cancel(reason: string): void;
}

/** What the HTTP response says of an error that is its only content. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where the answers to one POST go: the POST's own response, or the session's event stream. */
export interface Exchange {
  /** A request whose answer this exchange waits for; called off with it. */
  own(call: Cancellable): void;
  reply(id: RpcId, result: ResultJson): void;
  fail(id: RpcId | null, error: RpcErrorObject, http?: HttpAnswer): void;
  /** A notification that belongs to a request of this exchange. */
  notify(method: string, paramsJson: string): void;
  /** A whole JSON-RPC message for the client that is no answer: an upstream's question under an id of the session. */
  say?(message: string): void;
  /** An upstream's question, where the revision carries it in the answer itself. Resolves to the client's result. */
  ask?(method: string, paramsJson: string, signal: AbortSignal): Promise<string>;
  /**
   * Where the revision knows them: the way of what an upstream of the same era wants to know, and JSON text of the state
   * that the upstream itself had given out for this request.
   */
  readonly retry?: { readonly input: InputPath; readonly stateJson: string | undefined };
  /** The request was cancelled by its client: nothing more is sent for it (MCP cancellation, behavior requirements). */
  abandon(id: RpcId): void;
}

/** JSON text of a result: our own, prepared bytes, or an upstream's bytes as they came. */
export type ResultJson = string | Buffer | JsonBytes;

/** A message as text, or an upstream's result bytes behind their prefix (a closing brace is added). */
export type StreamMessage = string | { readonly prefix: string; readonly json: JsonBytes };

export function toJsonBytes(result: ResultJson): JsonBytes {
  if (typeof result !== 'string' && !Buffer.isBuffer(result)) return result;
  const chunk = typeof result === 'string' ? Buffer.from(result) : result;
  return { chunks: [chunk], byteLength: chunk.length };
}

export function resultPrefix(id: RpcId): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`;
}

export function errorText(id: RpcId | null, error: RpcErrorObject): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error });
}

export function notificationText(method: string, paramsJson: string): string {
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${paramsJson}}`;
}

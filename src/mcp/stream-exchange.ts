import type { RpcErrorObject, RpcId } from '../core/rpc.js';
import type { SseStream } from '../http/sse-stream.js';
import {
  errorText,
  notificationText,
  resultPrefix,
  toJsonBytes,
  type Exchange,
  type ResultJson,
} from './exchange.js';

/** Answers on the one event stream of an HTTP+SSE session (2024-11-05): the POSTs themselves are only accepted. */
export class StreamExchange implements Exchange {
  constructor(private readonly stream: SseStream) {}

  own(): void {
    // The session calls its requests off when its stream ends.
  }

  reply(id: RpcId, result: ResultJson): void {
    this.stream.messageBytes(resultPrefix(id), toJsonBytes(result), '}');
  }

  fail(id: RpcId | null, error: RpcErrorObject): void {
    this.stream.message(errorText(id, error));
  }

  notify(method: string, paramsJson: string): void {
    this.stream.message(notificationText(method, paramsJson));
  }

  say(message: string): void {
    this.stream.message(message);
  }

  abandon(): void {
    // Nothing is sent for a cancelled request, and the stream goes on for the others.
  }
}

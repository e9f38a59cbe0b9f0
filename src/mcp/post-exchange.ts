import { wholeOf } from '../core/json-bytes.js';
import type { RpcErrorObject, RpcId } from '../core/rpc.js';
import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.js';
import { sendEmpty, sendJson, sendJsonBytes } from '../http/send.js';
import { SseStream } from '../http/sse-stream.js';
import { Beating } from './beating.js';
import {
  errorText,
  notificationText,
  resultPrefix,
  toJsonBytes,
  type Cancellable,
  type Exchange,
  type HttpAnswer,
  type ResultJson,
  type StreamMessage,
} from './exchange.js';
import { eventId, ReplayBuffer } from './replay-buffer.js';

/** JSON-RPC's errors are answers like any other. */
const ok: HttpAnswer = { status: 200 };

export interface PostExchangeOptions {
  /** Unique within the session; names the stream in event ids. */
  readonly name: string;
  readonly maxBufferedBytes: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** False where the revision has no resuming (2026-07-28). */
  readonly isResumable: boolean;
  /** Tells the client from the first event on that the stream can be resumed, after so many milliseconds. */
  readonly retryMs?: number;
  /** The answer has become an event stream. */
  readonly onStreaming?: (exchange: PostExchange) => void;
  /** The last answer is out. */
  readonly onDone: (exchange: PostExchange) => void;
}

/**
 * The answers to one POST of Streamable HTTP. A lone answer goes out as plain JSON; the first notification, or a long
 * silence, turns the response into an event stream. A stream outlives its connection for a while and can be resumed.
 */
export class PostExchange extends Beating implements Exchange {
  #waiting: number;
  #stream: SseStream | null = null;
  #replay: ReplayBuffer | null = null;
  #batch: string[] | null = null;
  #isDone = false;
  #call: Cancellable | null = null;
  #otherCalls: Cancellable[] | null = null;

  constructor(
    private readonly request: GatewayRequest,
    private readonly response: GatewayResponse,
    private readonly options: PostExchangeOptions,
    requestCount: number,
    isBatch: boolean,
  ) {
    super();
    this.#waiting = requestCount;
    if (isBatch) this.#batch = [];
  }

  get name(): string {
    return this.options.name;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Which connection the answers go to now; another one after the client resumed. */
  get connection(): SseStream | null {
    return this.#stream;
  }

  get isStreaming(): boolean {
    return this.#replay !== null;
  }

  own(call: Cancellable): void {
    if (this.#call === null) this.#call = call;
    else (this.#otherCalls ??= []).push(call);
  }

  /** Calls off whatever is still under way. */
  cancel(reason: string): void {
    this.#call?.cancel(reason);
    for (const call of this.#otherCalls ?? []) call.cancel(reason);
  }

  reply(id: RpcId, result: ResultJson): void {
    if (this.#isDone) return;
    if (this.#replay !== null) this.#send({ prefix: resultPrefix(id), json: toJsonBytes(result) });
    else if (this.#batch !== null)
      this.#batch.push(`${resultPrefix(id)}${wholeOf(toJsonBytes(result)).toString()}}`);
    else
      sendJsonBytes(
        this.request,
        this.response,
        resultPrefix(id),
        toJsonBytes(result),
        '}',
        this.options.headers,
      );
    this.#answered();
  }

  fail(id: RpcId | null, error: RpcErrorObject, { status, headers }: HttpAnswer = ok): void {
    if (this.#isDone) return;
    const text = errorText(id, error);
    if (this.#replay !== null) this.#send(text);
    else if (this.#batch !== null) this.#batch.push(text);
    else sendJson(this.request, this.response, status, text, { ...this.options.headers, ...headers });
    this.#answered();
  }

  notify(method: string, paramsJson: string): void {
    this.say(notificationText(method, paramsJson));
  }

  /** A whole JSON-RPC message that is no answer: a notification, or a request to the client. */
  say(message: string): void {
    if (this.#isDone) return;
    this.#startStream();
    this.#send(message);
  }

  abandon(): void {
    if (this.#isDone) return;
    // A response needs a body that says nothing: a stream that ends without an answer.
    if (this.#batch === null) this.#startStream(false);
    this.#answered();
  }

  /** Shows the client, and what stands between, that the call is alive. */
  override heartbeat(): void {
    if (this.#isDone) return;
    this.#startStream();
    this.#stream?.comment('heartbeat');
  }

  /** Continues on another connection after the event the client saw last; false when it is no longer known. */
  resume(open: () => SseStream, lastEventSequence: number): boolean {
    const missed = this.#replay?.after(lastEventSequence);
    if (missed === undefined || missed === null) return false;
    this.#stream?.end();
    const stream = (this.#stream = open());
    for (const event of missed) writeEvent(stream, event.message, event.id);
    if (this.#isDone) stream.end();
    return true;
  }

  /** @param mayResume a stream that ends without an answer is nothing to come back to */
  #startStream(mayResume = true): void {
    if (this.#replay !== null) return;
    this.#replay = new ReplayBuffer(this.options.name, this.options.maxBufferedBytes);
    this.#stream = SseStream.open(
      this.request,
      this.response,
      this.options.maxBufferedBytes,
      this.options.headers,
    );
    const { retryMs, name, onStreaming } = this.options;
    if (mayResume && retryMs !== undefined) this.#stream.prime(eventId(name, 0), retryMs);
    onStreaming?.(this);
    for (const text of this.#batch?.splice(0) ?? []) this.#send(text);
    this.#batch = null;
  }

  #send(message: StreamMessage): void {
    if (!this.options.isResumable) {
      if (this.#stream !== null) writeEvent(this.#stream, message);
      return;
    }
    const id = this.#replay?.keep(message);
    if (this.#stream !== null) writeEvent(this.#stream, message, id);
  }

  #answered(): void {
    if (--this.#waiting > 0) return;
    this.#isDone = true;
    if (this.#replay !== null) this.#stream?.end();
    else if (this.#batch !== null) this.#sendBatch(this.#batch);
    this.options.onDone(this);
  }

  #sendBatch(answers: readonly string[]): void {
    if (answers.length === 0) sendEmpty(this.request, this.response, 202);
    else sendJson(this.request, this.response, 200, `[${answers.join(',')}]`, this.options.headers);
  }
}

function writeEvent(stream: SseStream, message: StreamMessage, eventId?: string): void {
  if (typeof message === 'string') stream.message(message, eventId);
  else stream.messageBytes(message.prefix, message.json, '}', eventId);
}

import { hasLineBreak, wholeOf } from '../core/json-bytes.js';
import type { JsonBytes } from '../core/rpc.js';
import { atEndOfTurn } from '../core/turn.js';
import type { GatewayRequest, GatewayResponse } from './gateway-request.js';

const smallEventBytes = 32 * 1024;

/**
 * One `text/event-stream` answer (WHATWG HTML, section 9.2). What is said in one turn of the event loop leaves as one
 * chunk, the head with it.
 * A client that does not read is cut off once more than `maxBufferedBytes` wait for it.
 */
export class SseStream {
  #ended = false;
  /** Said in this turn. */
  #pending = '';
  #willFlush = false;
  #isHeadSent = false;
  readonly openedAtMs = Date.now();
  lastWriteAtMs = this.openedAtMs;

  constructor(
    private readonly response: GatewayResponse,
    private readonly maxBufferedBytes: number,
  ) {}

  static open(
    request: GatewayRequest,
    response: GatewayResponse,
    maxBufferedBytes: number,
    extraHeaders?: Readonly<Record<string, string>>,
  ): SseStream {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
      'X-Content-Type-Options': 'nosniff',
      'x-request-id': request.requestId,
      ...extraHeaders,
    });
    const stream = new SseStream(response, maxBufferedBytes);
    stream.#flushAtEndOfTurn();
    return stream;
  }

  /** False once the stream has ended or its client is gone. */
  get isOpen(): boolean {
    return !this.#ended && !this.response.destroyed;
  }

  /** A `message` event whose data is JSON text. */
  message(json: string, eventId?: string): void {
    const id = eventId === undefined ? '' : `id: ${eventId}\n`;
    this.#write(`event: message\n${id}data: ${foldLines(json)}\n\n`);
  }

  /** A `message` event made of `prefix`, bytes and `suffix`, copied only while it is small. */
  messageBytes(prefix: string, json: JsonBytes, suffix: string, eventId?: string): void {
    const id = eventId === undefined ? '' : `id: ${eventId}\n`;
    const head = `event: message\n${id}data: ${prefix}`;
    if (json.byteLength <= smallEventBytes || hasLineBreak(json)) {
      this.#write(`${head}${foldLines(wholeOf(json).toString())}${suffix}\n\n`);
      return;
    }
    if (!this.#mayWrite()) return;
    this.response.cork();
    this.response.write(this.#take() + head);
    for (const chunk of json.chunks) this.response.write(chunk);
    this.response.write(`${suffix}\n\n`);
    this.response.uncork();
  }

  event(name: string, data: string): void {
    this.#write(`event: ${name}\ndata: ${foldLines(data)}\n\n`);
  }

  /** Tells a client that the stream can be resumed from `eventId` and how long to wait (MCP 2025-11-25, SEP-1699). */
  prime(eventId: string, retryMs: number): void {
    this.#write(`id: ${eventId}\nretry: ${retryMs}\ndata:\n\n`);
  }

  /** Keeps proxies and clients from taking silence for death. */
  comment(text: string): void {
    this.#write(`: ${text}\n\n`);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    // At once: what was said in this turn leaves with the end, in one write.
    this.response.end(this.#take());
  }

  #mayWrite(): boolean {
    if (!this.isOpen) return false;
    if (this.response.writableLength + this.#pending.length > this.maxBufferedBytes) {
      this.#ended = true;
      this.response.destroy();
      return false;
    }
    this.lastWriteAtMs = Date.now();
    return true;
  }

  #write(text: string): void {
    if (!this.#mayWrite()) return;
    this.#pending += text;
    this.#flushAtEndOfTurn();
  }

  #flushAtEndOfTurn(): void {
    if (this.#willFlush) return;
    this.#willFlush = true;
    atEndOfTurn(() => {
      this.#willFlush = false;
      if (!this.isOpen) return;
      if (this.#pending !== '') this.response.write(this.#take());
      else if (!this.#isHeadSent) this.response.flushHeaders();
    });
  }

  /** What waits; it is written at once, behind the head if that is not out. */
  #take(): string {
    const text = this.#pending;
    this.#isHeadSent = true;
    this.#pending = '';
    return text;
  }
}

/** JSON may hold line breaks between its tokens; in an event each line needs its own `data:`. */
function foldLines(text: string): string {
  if (!text.includes('\n') && !text.includes('\r')) return text;
  return text.replaceAll(/\r\n|\r|\n/g, '\ndata: ');
}

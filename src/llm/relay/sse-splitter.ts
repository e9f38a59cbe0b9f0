import { GatewayError } from '../../core/errors.js';

const lineFeed = 10;
const carriageReturn = 13;

/**
 * Cuts a stream into its server-sent events (WHATWG HTML, section 9.2.6), each with the blank line that ends it, byte
 * for byte. An event that is not complete waits for the rest of it, up to `maxEventBytes`.
 */
export class SseSplitter {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #isLineEmpty = true;

  constructor(private readonly maxEventBytes: number) {}

  /** True when an event has begun and not ended. */
  get hasPartialEvent(): boolean {
    return this.#pendingBytes > 0;
  }

  /** The events that end in this chunk. Throws UPSTREAM_RESPONSE_TOO_LARGE for one that does not end in time. */
  push(chunk: Buffer): Buffer[] {
    const events: Buffer[] = [];
    let eventStart = 0;
    let lineStart = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, lineStart)) {
      const isBlank =
        this.#isLineEmpty &&
        (end === lineStart || (end === lineStart + 1 && chunk[lineStart] === carriageReturn));
      lineStart = end + 1;
      this.#isLineEmpty = true;
      if (isBlank) {
        events.push(this.#take(chunk.subarray(eventStart, lineStart)));
        eventStart = lineStart;
      }
    }
    const restOfLine = chunk.length - lineStart;
    if (restOfLine > 1 || (restOfLine === 1 && chunk[lineStart] !== carriageReturn))
      this.#isLineEmpty = false;
    if (eventStart < chunk.length) this.#keep(chunk.subarray(eventStart));
    return events;
  }

  #keep(part: Buffer): void {
    this.#pendingBytes += part.length;
    if (this.#pendingBytes > this.maxEventBytes) {
      throw new GatewayError('UPSTREAM_RESPONSE_TOO_LARGE', {
        message: 'An event of the provider of this model is over the size limit.',
      });
    }
    this.#pending.push(part);
  }

  #take(end: Buffer): Buffer {
    if (this.#pending.length === 0) return end;
    this.#keep(end);
    const event = Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    return event;
  }
}

/** The `data` of an event, its lines joined; null when it has none (comments, a bare `event:` line). */
export function dataOf(event: Buffer): string | null {
  const text = event.toString();
  if (text.startsWith('data: ') && text.indexOf('\n') === text.length - 2) return text.slice(6, -2);
  const lines = text.split(/\r?\n/).filter((line) => line === 'data' || line.startsWith('data:'));
  if (lines.length === 0) return null;
  return lines.map((line) => line.slice(5).replace(/^ /, '')).join('\n');
}

import { isTextAt } from '../../core/json-bytes.js';
import { ChunkList, MessageTooLargeError } from './chunk-list.js';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const colon = 0x3a;
const space = 0x20;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const joint = Buffer.from('\n');
/** The longest field name there is, with its colon and space; a line is told apart within so many bytes. */
const longestFieldHead = 'event: '.length;
const longestControlField = 4096;

/** One server-sent event. The memory of its data belongs to whoever is told of it. */
export interface ServerSentEvent {
  readonly type: string;
  readonly data: readonly Buffer[];
  /** Last event id as of this event; empty when none was given. */
  readonly id: string;
}

/**
 * Splits a byte stream into server-sent events, however it is cut into chunks (WHATWG HTML section 9.2.6). Lines may
 * end in CR, LF or CRLF; data of several lines is joined by LF.
 */
export class EventSplitter {
  #start: Buffer | null = Buffer.alloc(0);
  readonly #line = new ChunkList();
  readonly #data = new ChunkList();
  #skipLineFeed = false;
  #hasData = false;
  #type = '';
  #lastEventId = '';
  #retryMs: number | null = null;

  /** @param maxBytes cap of one event; beyond it `push` throws MessageTooLargeError */
  constructor(
    private readonly maxBytes: number,
    private readonly onEvent: (event: ServerSentEvent) => void,
  ) {}

  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** Reconnection time the stream asked for, in milliseconds. */
  get retryMs(): number | null {
    return this.#retryMs;
  }

  /** Whether the stream stands in the middle of an event: ending here cuts it. */
  get isMidEvent(): boolean {
    return !this.#line.isEmpty || this.#hasData;
  }

  /** @param chunk not kept: its memory may be used again afterwards */
  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#start !== null) {
      const start = this.#start.length === 0 ? bytes : Buffer.concat([this.#start, bytes]);
      const length = Math.min(start.length, byteOrderMark.length);
      const couldBeMark = start.subarray(0, length).equals(byteOrderMark.subarray(0, length));
      if (couldBeMark && start.length < byteOrderMark.length) {
        this.#start = Buffer.from(start);
        return;
      }
      this.#start = null;
      bytes = couldBeMark ? start.subarray(byteOrderMark.length) : start;
    }
    this.#split(bytes);
  }

  /** Throws away what it holds of an event that nobody waits for any more. */
  discard(): void {
    this.#line.discard();
    this.#data.discard();
    this.#hasData = false;
  }

  #split(bytes: Buffer): void {
    let at = 0;
    if (this.#skipLineFeed && bytes.length > 0) {
      this.#skipLineFeed = false;
      if (bytes[0] === lineFeed) at = 1;
    }
    let nextFeed = bytes.indexOf(lineFeed, at);
    let nextReturn = bytes.indexOf(carriageReturn, at);
    while (nextFeed >= 0 || nextReturn >= 0) {
      const isReturn = nextReturn >= 0 && (nextFeed < 0 || nextReturn < nextFeed);
      const end = isReturn ? nextReturn : nextFeed;
      this.#endLine(bytes, at, end);
      at = end + 1;
      if (isReturn) {
        if (at === bytes.length) this.#skipLineFeed = true;
        else if (bytes[at] === lineFeed) at++;
        nextReturn = bytes.indexOf(carriageReturn, at);
      }
      if (nextFeed >= 0 && nextFeed < at) nextFeed = bytes.indexOf(lineFeed, at);
    }
    if (at < bytes.length) this.#keep(bytes, at);
  }

  #keep(bytes: Buffer, start: number): void {
    this.#line.push(bytes, start);
    if (this.#line.byteLength + this.#data.byteLength > this.maxBytes + longestFieldHead) {
      throw new MessageTooLargeError();
    }
  }

  /** A line ends at `end`; what of it is in these bytes begins at `start`. */
  #endLine(bytes: Buffer, start: number, end: number): void {
    if (!this.#line.isEmpty) {
      this.#line.push(bytes, start, end);
      this.#heldField(this.#line);
    } else if (start < end) this.#field(bytes, start, end);
    else this.#endEvent();
  }

  /** The field of a line that came in several pieces. */
  #heldField(line: ChunkList): void {
    if (line.byteLength <= longestControlField) {
      const whole = Buffer.concat(line.take());
      this.#field(whole, 0, whole.length);
      return;
    }
    const head = line.start(longestFieldHead);
    const nameEnd = nameEndOf(head, 0, head.length);
    if (isData(head, 0, nameEnd)) {
      this.#beginData();
      this.#data.append(line, valueStartOf(head, nameEnd, head.length));
      this.#checkData();
    } else line.discard();
  }

  #field(bytes: Buffer, start: number, end: number): void {
    const nameEnd = nameEndOf(bytes, start, end);
    const valueStart = valueStartOf(bytes, nameEnd, end);
    if (isData(bytes, start, nameEnd)) {
      this.#beginData();
      this.#data.push(bytes, valueStart, end);
      this.#checkData();
    } else if (end - start <= longestControlField) {
      this.#control(bytes.toString('latin1', start, nameEnd), bytes.toString('utf8', valueStart, end));
    }
  }

  #beginData(): void {
    if (this.#hasData) this.#data.push(joint);
    this.#hasData = true;
  }

  #checkData(): void {
    if (this.#data.byteLength > this.maxBytes) throw new MessageTooLargeError();
  }

  #control(name: string, value: string): void {
    if (name === 'event') this.#type = value;
    else if (name === 'id' && !value.includes('\0')) this.#lastEventId = value;
    else if (name === 'retry' && /^[0-9]{1,9}$/.test(value)) this.#retryMs = Number(value);
  }

  #endEvent(): void {
    const type = this.#type;
    this.#type = '';
    if (!this.#hasData) return;
    this.#hasData = false;
    this.onEvent({ type: type === '' ? 'message' : type, data: this.#data.take(), id: this.#lastEventId });
  }
}

/** Where the name of a line's field ends: at its colon, or with the line. */
function nameEndOf(line: Buffer, start: number, end: number): number {
  const limit = Math.min(end, start + longestFieldHead);
  let at = start;
  while (at < limit && line[at] !== colon) at++;
  return at;
}

function isData(line: Buffer, start: number, nameEnd: number): boolean {
  return nameEnd - start === 'data'.length && isTextAt(line, start, 'data');
}

/** One space behind the colon does not count. */
function valueStartOf(line: Buffer, nameEnd: number, end: number): number {
  const from = nameEnd + 1;
  return from < end && line[from] === space ? from + 1 : Math.min(from, end);
}

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
      this.#endLine(bytes.subarray(at, end));
      at = end + 1;
      if (isReturn) {
        if (at === bytes.length) this.#skipLineFeed = true;
        else if (bytes[at] === lineFeed) at++;
        nextReturn = bytes.indexOf(carriageReturn, at);
      }
      if (nextFeed >= 0 && nextFeed < at) nextFeed = bytes.indexOf(lineFeed, at);
    }
    if (at < bytes.length) this.#keep(at === 0 ? bytes : bytes.subarray(at));
  }

  #keep(piece: Buffer): void {
    this.#line.push(piece);
    if (this.#line.byteLength + this.#data.byteLength > this.maxBytes + longestFieldHead) {
      throw new MessageTooLargeError();
    }
  }

  #endLine(last: Buffer): void {
    if (!this.#line.isEmpty) {
      this.#line.push(last);
      this.#field(this.#line.start(longestFieldHead), this.#line);
    } else if (last.length > 0) this.#field(last.subarray(0, longestFieldHead), last);
    else this.#endEvent();
  }

  /** @param head the beginning of the line, long enough for a field's name, its colon and a space */
  #field(head: Buffer, line: Buffer | ChunkList): void {
    let nameEnd = head.indexOf(colon);
    let valueStart = head.length;
    if (nameEnd < 0) nameEnd = head.length;
    else valueStart = head[nameEnd + 1] === space ? nameEnd + 2 : nameEnd + 1;
    const name = head.toString('latin1', 0, nameEnd);
    if (name === 'data') this.#addData(line, valueStart);
    else this.#control(name, line, valueStart);
  }

  #addData(line: Buffer | ChunkList, valueStart: number): void {
    if (this.#hasData) this.#data.push(joint);
    this.#hasData = true;
    if (line instanceof ChunkList) this.#data.append(line, valueStart);
    else this.#data.push(line.subarray(valueStart));
    if (this.#data.byteLength > this.maxBytes) throw new MessageTooLargeError();
  }

  #control(name: string, line: Buffer | ChunkList, valueStart: number): void {
    const isHeld = line instanceof ChunkList;
    if ((isHeld ? line.byteLength : line.length) <= longestControlField) {
      const value = (isHeld ? line.start(longestControlField) : line).toString('utf8', valueStart);
      if (name === 'event') this.#type = value;
      else if (name === 'id' && !value.includes('\0')) this.#lastEventId = value;
      else if (name === 'retry' && /^[0-9]{1,9}$/.test(value)) this.#retryMs = Number(value);
    }
    if (isHeld) line.discard();
  }

  #endEvent(): void {
    const type = this.#type;
    this.#type = '';
    if (!this.#hasData) return;
    this.#hasData = false;
    this.onEvent({ type: type === '' ? 'message' : type, data: this.#data.take(), id: this.#lastEventId });
  }
}

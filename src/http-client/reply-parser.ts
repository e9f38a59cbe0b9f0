import { chunkLine, fieldLine, framingName } from './grammar.js';
import { HttpWireError, malformed } from './http-wire-error.js';
import { readReplyHead, type ReplyHead } from './reply-head.js';

/** Whom the parser tells. What is told may call `stop`. */
export interface ReplySink {
  onHead(head: ReplyHead): void;
  /** Within the memory that was pushed: copied by who keeps it. */
  onBody(bytes: Buffer): void;
  /** The reply is whole. */
  onEnd(): void;
}

const enum Reading {
  /** No reply is expected. */
  Nothing,
  Head,
  Fixed,
  ChunkSize,
  Chunk,
  /** The line break behind a chunk. */
  ChunkEnd,
  Trailers,
  UntilClose,
  Stopped,
}

const maxHeadBytes = 64 * 1024;
/** A chunk's size with its extensions; a trailer. */
const maxLineBytes = 8 * 1024;
const maxTrailers = 64;
/** Sizes of more digits are for the grammar. */
const maxPlainDigits = 7;

const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const headStart = 'HTTP/1.';

/**
 * Takes the replies of one socket apart, one at a time, from bytes that come in pieces cut anywhere (RFC 9112). Requests
 * are not pipelined: bytes that nobody asked for are an error.
 */
export class ReplyParser {
  #reading = Reading.Nothing;
  /** What came of a head or line that is not whole yet. */
  #rest: Buffer | null = null;
  /** Bytes left of the body or chunk. */
  #left = 0;
  #trailers = 0;

  constructor(private readonly sink: ReplySink) {}

  /** A request was sent: its reply comes next. */
  expect(): void {
    this.#reading = Reading.Head;
  }

  /** Nobody is interested any more; what is left of the pushed bytes is not looked at. */
  stop(): void {
    this.#reading = Reading.Stopped;
    this.#rest = null;
  }

  /** Throws HttpWireError, after which the parser is of no use. */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      switch (this.#reading) {
        case Reading.Head:
          at = this.#readHead(bytes, at);
          break;
        case Reading.Fixed:
        case Reading.Chunk:
          at = this.#readBody(bytes, at);
          break;
        case Reading.UntilClose:
          this.sink.onBody(at === 0 ? bytes : bytes.subarray(at));
          return;
        case Reading.ChunkSize:
        case Reading.ChunkEnd:
        case Reading.Trailers:
          at = this.#readLine(bytes, at);
          break;
        case Reading.Nothing:
          throw malformed('bytes that nobody asked for');
        case Reading.Stopped:
          return;
      }
    }
  }

  /** The peer sends no more. Throws HttpWireError when something is missing. */
  end(): void {
    if (this.#reading === Reading.UntilClose) this.#finish();
    else if (this.#reading !== Reading.Nothing && this.#reading !== Reading.Stopped) {
      throw new HttpWireError('HTTP_CLOSED', 'The connection was closed before the reply was whole');
    }
  }

  #readHead(bytes: Buffer, at: number): number {
    const held = this.#rest?.length ?? 0;
    const all = this.#rest === null ? bytes.subarray(at) : Buffer.concat([this.#rest, bytes.subarray(at)]);
    // The end may have begun in what came before.
    const end = all.indexOf(headEnd, Math.max(0, held - headEnd.length + 1));
    if (end < 0 || end > maxHeadBytes) {
      if (all.length > maxHeadBytes) throw new HttpWireError('HTTP_HEAD_TOO_LARGE', 'The head is too large');
      // What can never become a head is told at once: who sent it may wait for us.
      if (!isHeadStart(all)) throw malformed('the status line');
      if (hasBareLineFeed(all, held)) throw malformed('a bare line feed');
      this.#rest = Buffer.from(all);
      return bytes.length;
    }
    this.#rest = null;
    this.#onHead(readReplyHead(all.toString('latin1', 0, end)));
    return at + end + headEnd.length - held;
  }

  #onHead(head: ReplyHead): void {
    // Informational replies come before the real one; nobody asked for another protocol.
    if (head.status === 101) throw malformed('a change of protocol');
    if (head.status < 200) {
      if (!head.isPersistent) throw malformed('an interim reply that ends the connection');
      return;
    }
    switch (head.framing) {
      case 'none':
        break;
      case 'length':
        this.#left = head.byteLength ?? 0;
        this.#reading = Reading.Fixed;
        break;
      case 'chunked':
        this.#reading = Reading.ChunkSize;
        break;
      case 'until-close':
        this.#reading = Reading.UntilClose;
        break;
    }
    this.sink.onHead(head);
    if (head.framing === 'none' && this.#reading === Reading.Head) this.#finish();
  }

  #readBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    this.sink.onBody(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    if (this.#left > 0) return end;
    if (this.#reading === Reading.Fixed) this.#finish();
    else if (this.#reading === Reading.Chunk) this.#reading = Reading.ChunkEnd;
    return end;
  }

  /** The line break behind a chunk, and a size without extensions, in one piece: what nearly all are. */
  #readPlainLine(bytes: Buffer, at: number): number {
    let end = at;
    let size = 0;
    if (this.#reading === Reading.ChunkSize) {
      for (let digit = hexDigit(bytes[end]); digit >= 0; digit = hexDigit(bytes[++end]))
        size = size * 16 + digit;
      if (end === at || end - at > maxPlainDigits) return at;
    } else if (this.#reading !== Reading.ChunkEnd) return at;
    if (bytes[end] !== carriageReturn || bytes[end + 1] !== lineFeed) return at;
    if (this.#reading === Reading.ChunkEnd) this.#reading = Reading.ChunkSize;
    else this.#beginChunk(size);
    return end + 2;
  }

  #readLine(bytes: Buffer, at: number): number {
    if (this.#rest === null) {
      const end = this.#readPlainLine(bytes, at);
      if (end > at) return end;
    }
    const held = this.#rest?.length ?? 0;
    const all = this.#rest === null ? bytes.subarray(at) : Buffer.concat([this.#rest, bytes.subarray(at)]);
    const end = all.indexOf(lineEnd, Math.max(0, held - 1));
    // Behind a chunk comes nothing but the line break.
    const maxBytes = this.#reading === Reading.ChunkEnd ? 0 : maxLineBytes;
    if (end < 0 ? all.length > maxBytes + 1 : end > maxBytes) throw malformed('a line that is too long');
    if (end < 0) {
      if (hasBareLineFeed(all, held)) throw malformed('a bare line feed');
      this.#rest = Buffer.from(all);
      return bytes.length;
    }
    this.#rest = null;
    this.#onLine(all.toString('latin1', 0, end));
    return at + end + lineEnd.length - held;
  }

  #onLine(line: string): void {
    switch (this.#reading) {
      case Reading.ChunkSize: {
        const size = chunkLine.exec(line)?.[1];
        if (size === undefined) throw malformed('the size of a chunk');
        this.#beginChunk(Number.parseInt(size, 16));
        break;
      }
      case Reading.ChunkEnd:
        this.#reading = Reading.ChunkSize;
        break;
      default:
        if (line === '') this.#finish();
        else if (!fieldLine.test(line) || framingName.test(line)) throw malformed('a trailer');
        else if (++this.#trailers > maxTrailers) throw malformed('too many trailers');
    }
  }

  #beginChunk(size: number): void {
    this.#left = size;
    this.#reading = size === 0 ? Reading.Trailers : Reading.Chunk;
  }

  #finish(): void {
    this.#reading = Reading.Nothing;
    this.#trailers = 0;
    this.sink.onEnd();
  }
}

/** Of an ASCII digit; -1 for anything else. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = (byte | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}

function isHeadStart(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, headStart.length);
  return headStart.startsWith(start);
}

/** @param from what comes before was looked at already */
function hasBareLineFeed(bytes: Buffer, from: number): boolean {
  for (let at = bytes.indexOf(lineFeed, from); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) {
    if (bytes[at - 1] !== carriageReturn) return true;
  }
  return false;
}

/**
 * A minimal HTTP/1.1 message parser over raw sockets, used by the load generator (responses) and by the upstream
 * (requests). Both ends must be far cheaper than what is measured between them, so neither uses node:http.
 * Bodies: Content-Length, chunked (trailers are assumed empty), and until-close for responses.
 */
const HEAD = 0;
const FIXED_BODY = 1;
const CHUNK_SIZE = 2;
const CHUNK_DATA = 3;
const CHUNKS_END = 4;
const BODY_UNTIL_CLOSE = 5;

const NO_BODY = 'none';
const LENGTH_BODY = 'length';
const CHUNKED_BODY = 'chunked';
const CLOSE_BODY = 'close';

const contentLength = /\r\ncontent-length: *(\d+)/i;
const chunkedEncoding = /\r\ntransfer-encoding: *chunked/i;

export class Http1Parser {
  #handler;
  #isResponse;
  #rest = null;
  #state = HEAD;
  #remaining = 0;

  /**
   * @param {'request' | 'response'} kind
   * @param {{ onHead(startLine: string, head: string): void, onBody(bytes: Buffer): void, onEnd(): void }} handler
   */
  constructor(kind, handler) {
    this.#isResponse = kind === 'response';
    this.#handler = handler;
  }

  push(bytes) {
    let input = bytes;
    if (this.#rest !== null) {
      input = Buffer.concat([this.#rest, bytes]);
      this.#rest = null;
    }
    let offset = 0;
    while (offset >= 0) offset = this.#step(input, offset);
  }

  /** Consumes what it can at `offset`; answers the next offset, or -1 when more bytes are needed. */
  #step(input, offset) {
    switch (this.#state) {
      case HEAD:
        return this.#readHead(input, offset);
      case FIXED_BODY:
        return this.#readFixedBody(input, offset);
      case CHUNK_SIZE:
        return this.#readChunkSize(input, offset);
      case CHUNK_DATA:
        return this.#readChunkData(input, offset);
      case CHUNKS_END:
        return this.#readChunksEnd(input, offset);
      default:
        if (offset < input.length) this.#handler.onBody(input.subarray(offset));
        return -1;
    }
  }

  #keep(input, offset) {
    if (offset < input.length) this.#rest = input.subarray(offset);
    return -1;
  }

  #finish(offset) {
    this.#state = HEAD;
    this.#handler.onEnd();
    return offset;
  }

  #readHead(input, offset) {
    if (offset >= input.length) return -1;
    const end = input.indexOf('\r\n\r\n', offset, 'latin1');
    if (end < 0) return this.#keep(input, offset);
    const head = input.latin1Slice(offset, end + 2);
    const startLine = head.slice(0, head.indexOf('\r\n'));
    const next = end + 4;
    if (this.#isResponse && startLine[9] === '1') return next; // an interim 1xx response
    const length = contentLength.exec(head);
    const body = this.#bodyKind(startLine, head, length);
    this.#handler.onHead(startLine, head);
    if (body === NO_BODY || (body === LENGTH_BODY && length[1] === '0')) return this.#finish(next);
    if (body === LENGTH_BODY) {
      this.#state = FIXED_BODY;
      this.#remaining = Number(length[1]);
    } else this.#state = body === CHUNKED_BODY ? CHUNK_SIZE : BODY_UNTIL_CLOSE;
    return next;
  }

  #bodyKind(startLine, head, length) {
    if (this.#isResponse) {
      const status = startLine.slice(9, 12);
      if (status === '204' || status === '304') return NO_BODY;
    }
    if (length !== null) return LENGTH_BODY;
    if (chunkedEncoding.test(head)) return CHUNKED_BODY;
    return this.#isResponse ? CLOSE_BODY : NO_BODY;
  }

  #readFixedBody(input, offset) {
    if (offset >= input.length) return -1;
    const taken = Math.min(this.#remaining, input.length - offset);
    this.#handler.onBody(input.subarray(offset, offset + taken));
    this.#remaining -= taken;
    return this.#remaining === 0 ? this.#finish(offset + taken) : -1;
  }

  #readChunkSize(input, offset) {
    const end = input.indexOf('\r\n', offset, 'latin1');
    if (end < 0) return this.#keep(input, offset);
    this.#remaining = Number.parseInt(input.latin1Slice(offset, end), 16);
    this.#state = this.#remaining === 0 ? CHUNKS_END : CHUNK_DATA;
    return end + 2;
  }

  #readChunkData(input, offset) {
    let next = offset;
    if (this.#remaining > 0) {
      if (next >= input.length) return -1;
      const taken = Math.min(this.#remaining, input.length - next);
      this.#handler.onBody(input.subarray(next, next + taken));
      next += taken;
      this.#remaining -= taken;
      if (this.#remaining > 0) return -1;
    }
    if (input.length - next < 2) return this.#keep(input, next);
    this.#state = CHUNK_SIZE;
    return next + 2;
  }

  #readChunksEnd(input, offset) {
    if (input.length - offset < 2) return this.#keep(input, offset);
    return this.#finish(offset + 2);
  }
}

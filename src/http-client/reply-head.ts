import { messageHead, statusLine, trimmed } from './grammar.js';
import { malformed } from './http-wire-error.js';

export type ReplyContent = 'json' | 'events' | 'other';

/** Where the body of a reply ends (RFC 9112 section 6.3). */
export type BodyFraming = 'none' | 'length' | 'chunked' | 'until-close';

/** What we read of a reply's head. */
export interface ReplyHead {
  readonly status: number;
  readonly content: ReplyContent;
  /** As sent; null = not said. */
  readonly contentType: string | null;
  /** null = none or identity. */
  readonly encoding: string | null;
  /** null = not said. */
  readonly byteLength: number | null;
  readonly sessionId: string | null;
  readonly location: string | null;
  readonly retryAfter: string | null;
  /** OpenAI's and Azure's finer `retry-after-ms`. */
  readonly retryAfterMs: string | null;
  readonly framing: BodyFraming;
  /** Whether the socket may carry another request afterwards. */
  readonly isPersistent: boolean;
  /** How long the peer says it keeps an idle socket; null = not said. */
  readonly keepAliveMs: number | null;
}

const sessionIdSyntax = /^[\x21-\x7e]{1,1024}$/;
const keepAliveTimeout = /(?:^|[,;\s])timeout=(\d{1,6})/i;

/**
 * Reads a head without the empty line at its end; each character is a byte. Strict in every line, also in those that are
 * not ours to read: leniency would let two readers see different messages (RFC 9112 sections 2.2, 5.1, 5.2, 6.3).
 * Throws HttpWireError.
 */
export function readReplyHead(text: string): ReplyHead {
  let lineEnd = text.indexOf('\r\n');
  if (lineEnd < 0) lineEnd = text.length;
  const first = statusLine.exec(text.slice(0, lineEnd));
  if (first === null) throw malformed('the status line');
  if (!messageHead.test(text)) throw malformed('a header');
  const status = Number(first[2]);

  let contentType: string | null = null;
  let encoding: string | null = null;
  let length: string | null = null;
  let transferEncoding: string | null = null;
  let connection = '';
  let keepAlive: string | null = null;
  let sessionId: string | null = null;
  let location: string | null = null;
  let retryAfter: string | null = null;
  let retryAfterMs: string | null = null;
  while (lineEnd < text.length) {
    const start = lineEnd + 2;
    lineEnd = text.indexOf('\r\n', start);
    if (lineEnd < 0) lineEnd = text.length;
    const colon = text.indexOf(':', start);
    const name = nameOfInterest(text, start, colon);
    if (name === null) continue;
    const value = trimmed(text, colon + 1, lineEnd);
    switch (name) {
      case 'content-type':
        contentType = value;
        break;
      case 'content-length':
        if (length !== null || isReadInTwoWays(text, colon + 1, lineEnd))
          throw malformed('the content length');
        length = value;
        break;
      case 'content-encoding':
        encoding = encoding === null ? value.toLowerCase() : `${encoding}, ${value.toLowerCase()}`;
        break;
      case 'transfer-encoding':
        if (transferEncoding !== null || isReadInTwoWays(text, colon + 1, lineEnd)) {
          throw malformed('the transfer encoding');
        }
        transferEncoding = value.toLowerCase();
        break;
      case 'connection':
        connection += `,${value.toLowerCase()}`;
        break;
      case 'keep-alive':
        keepAlive = value;
        break;
      case 'mcp-session-id':
        sessionId = sessionIdSyntax.test(value) ? value : null;
        break;
      case 'location':
        location = value;
        break;
      case 'retry-after':
        retryAfter = value;
        break;
      case 'retry-after-ms':
        retryAfterMs = value;
        break;
    }
  }

  const byteLength = length === null ? null : readLength(length);
  // Those between us may go by the one where we go by the other.
  if (byteLength !== null && transferEncoding !== null) throw malformed('a length and a transfer encoding');
  const framing = framingOf(status, transferEncoding, byteLength);
  const options = connection === '' ? [] : connection.split(',').map((option) => option.trim());
  const isModern = first[1] === '1';
  const isKept = !options.includes('close') && (isModern || options.includes('keep-alive'));
  // What announces a body that it cannot have, or an encoding that its version does not know, may be read in two ways.
  const hasBody = framing === 'length' || framing === 'chunked';
  const isPlain = hasBody
    ? isModern || transferEncoding === null
    : transferEncoding === null && (byteLength ?? 0) === 0;
  const seconds = keepAlive === null ? undefined : keepAliveTimeout.exec(keepAlive)?.[1];
  return {
    status,
    content: contentType === null ? 'other' : contentOf(contentType),
    contentType,
    encoding: encoding === 'identity' || encoding === '' ? null : encoding,
    byteLength: framing === 'length' ? byteLength : null,
    sessionId,
    location,
    retryAfter,
    retryAfterMs,
    framing,
    isPersistent: isKept && isPlain && framing !== 'until-close',
    keepAliveMs: seconds === undefined ? null : Number(seconds) * 1_000,
  };
}

const namesOfInterest: Readonly<Record<number, readonly string[]>> = {
  8: ['location'],
  10: ['connection', 'keep-alive'],
  11: ['retry-after'],
  12: ['content-type'],
  14: ['content-length', 'mcp-session-id', 'retry-after-ms'],
  16: ['content-encoding'],
  17: ['transfer-encoding'],
};

function nameOfInterest(text: string, start: number, end: number): string | null {
  const candidates = namesOfInterest[end - start];
  if (candidates === undefined) return null;
  const name = text.slice(start, end).toLowerCase();
  return candidates.includes(name) ? name : null;
}

/** A tab behind a value is white space by RFC 9110; Node's parser, and others, take it for a part of the value. */
const isReadInTwoWays = (text: string, from: number, to: number): boolean =>
  text.slice(from, to).trimStart().includes('\t');

function readLength(text: string): number {
  const length = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (Number.isNaN(length)) throw malformed('the content length');
  return length;
}

function framingOf(status: number, transferEncoding: string | null, byteLength: number | null): BodyFraming {
  if (status < 200 || status === 204 || status === 304) return 'none';
  if (transferEncoding !== null && transferEncoding !== 'identity') {
    if (transferEncoding !== 'chunked') throw malformed('an unknown transfer encoding');
    return 'chunked';
  }
  if (byteLength === null) return 'until-close';
  return byteLength === 0 ? 'none' : 'length';
}

function contentOf(value: string): ReplyContent {
  if (value === 'application/json') return 'json';
  const semicolon = value.indexOf(';');
  const type = (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase();
  if (type === 'application/json') return 'json';
  return type === 'text/event-stream' ? 'events' : 'other';
}

export type ReplyContent = 'json' | 'events' | 'other';

/** What we read of a reply's headers. */
export interface ReplyHead {
  readonly content: ReplyContent;
  /** null = none or identity. */
  readonly encoding: string | null;
  /** null = not said. */
  readonly byteLength: number | null;
  readonly sessionId: string | null;
  readonly location: string | null;
  readonly retryAfter: string | null;
}

const sessionIdSyntax = /^[\x21-\x7e]{1,1024}$/;

/** Reads the raw header list of undici: name, value, name, value. Looks only at names of a length that matters. */
export function readReplyHead(raw: readonly Buffer[]): ReplyHead {
  let content: ReplyContent = 'other';
  let encoding: string | null = null;
  let byteLength: number | null = null;
  let sessionId: string | null = null;
  let location: string | null = null;
  let retryAfter: string | null = null;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i];
    const value = raw[i + 1];
    if (name === undefined || value === undefined) continue;
    switch (name.length) {
      case 12:
        if (isNamed(name, 'content-type')) content = contentOf(value);
        break;
      case 14:
        if (isNamed(name, 'content-length')) byteLength = Number(value.toString('latin1'));
        else if (isNamed(name, 'mcp-session-id')) sessionId = value.toString('latin1');
        break;
      case 16:
        if (isNamed(name, 'content-encoding')) encoding = value.toString('latin1').trim().toLowerCase();
        break;
      case 8:
        if (isNamed(name, 'location')) location = value.toString('latin1');
        break;
      case 11:
        if (isNamed(name, 'retry-after')) retryAfter = value.toString('latin1');
        break;
    }
  }
  if (encoding === 'identity' || encoding === '') encoding = null;
  if (sessionId !== null && !sessionIdSyntax.test(sessionId)) sessionId = null;
  return { content, encoding, byteLength, sessionId, location, retryAfter };
}

/** @param name in lower case, of the same length */
function isNamed(raw: Buffer, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    // Setting this bit lowers the case of letters and changes neither digits nor hyphens.
    if (((raw[i] ?? 0) | 0x20) !== name.charCodeAt(i)) return false;
  }
  return true;
}

function contentOf(value: Buffer): ReplyContent {
  const text = value.toString('latin1');
  const semicolon = text.indexOf(';');
  const type = (semicolon < 0 ? text : text.slice(0, semicolon)).trim().toLowerCase();
  if (type === 'application/json') return 'json';
  return type === 'text/event-stream' ? 'events' : 'other';
}

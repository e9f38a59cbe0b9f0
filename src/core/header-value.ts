const sentinel = /^=\?base64\?([^?]*)\?=$/;
/** Visible ASCII, with spaces and tabs within. */
const plain = /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/;

/**
 * A text as a header value: as it stands where a header can carry it, else `=?base64?...?=` (MCP 2026-07-28,
 * transports/streamable-http, "Value Encoding").
 */
export function encodeHeaderValue(text: string): string {
  if (plain.test(text) && !(text.startsWith('=?base64?') && text.endsWith('?='))) return text;
  return `=?base64?${Buffer.from(text).toString('base64')}?=`;
}

/** What a header value stands for; null when its Base64 is malformed. */
export function decodeHeaderValue(value: string): string | null {
  const trimmed = value.trim();
  const encoded = sentinel.exec(trimmed)?.[1];
  if (encoded === undefined) return trimmed;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded ? bytes.toString() : null;
}

import type { IncomingHttpHeaders } from 'node:http';

/** The client headers an upstream is configured to receive (`extra_headers`); undefined when there are none. */
export function forwardedHeaders(
  names: readonly string[],
  headers: IncomingHttpHeaders,
): Readonly<Record<string, string>> | undefined {
  if (names.length === 0) return undefined;
  const gatewayKey = gatewayKeyOf(headers);
  const forwarded: Record<string, string> = {};
  for (const name of names) {
    const value = headers[name];
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value.join(', ') : value;
    if (gatewayKey === '' || !text.includes(gatewayKey)) forwarded[name] = text;
  }
  return forwarded;
}

/** The virtual key this request came with: it is for the gateway alone, whatever the configuration names. */
function gatewayKeyOf(headers: IncomingHttpHeaders): string {
  const header = headers['x-litellm-api-key'] ?? headers.authorization ?? headers['x-api-key'] ?? '';
  const value = Array.isArray(header) ? (header[0] ?? '') : header;
  return value.replace(/^bearer\s+/i, '').trim();
}

import type { IncomingHttpHeaders } from 'node:http';

import { isParamHeader } from '../core/param-headers.js';
import type { Upstream } from '../upstream-registry/upstream.js';
import type { Caller } from './caller.js';

/**
 * The client headers an upstream receives: those it is configured to (`extra_headers`) and, of revision 2026-07-28, the
 * arguments that the client repeats as headers, known to us or not. undefined when there are none.
 */
export function forwardedHeaders(
  { config, era }: Pick<Upstream, 'config' | 'era'>,
  { surface, headers }: Pick<Caller, 'surface' | 'headers'>,
): Readonly<Record<string, string>> | undefined {
  const { extraHeaders } = config;
  if (surface !== 'mcp_stateless' || era !== 'modern') return copied(extraHeaders, headers);
  return copied([...extraHeaders, ...Object.keys(headers).filter(isParamHeader)], headers);
}

function copied(
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

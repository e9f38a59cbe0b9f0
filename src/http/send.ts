import { asBuffer } from '../core/json-bytes.js';
import type { JsonBytes } from '../core/rpc.js';
import { atEndOfTurn } from '../core/turn.js';
import type { GatewayRequest, GatewayResponse } from './gateway-request.js';

/** Below this, headers and body are joined into one string: one write is cheaper than several. */
const joinBelowBytes = 32 * 1024;

/** Headers that every answer carries besides its own. */
export function baseHeaders(request: GatewayRequest, contentType: string): Record<string, string | number> {
  return {
    'Content-Type': contentType,
    'x-request-id': request.requestId,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  };
}

/** Answers with JSON text or bytes. */
export function sendJson(
  request: GatewayRequest,
  response: GatewayResponse,
  status: number,
  body: string | Uint8Array,
  extraHeaders?: Readonly<Record<string, string>>,
): void {
  const headers = baseHeaders(request, 'application/json');
  if (extraHeaders !== undefined) Object.assign(headers, extraHeaders);
  headers['Content-Length'] = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  response.writeHead(status, headers);
  atEndOfTurn(() => response.end(body));
}

/** Answers with `prefix`, JSON bytes and `suffix` without copying what is large. */
export function sendJsonBytes(
  request: GatewayRequest,
  response: GatewayResponse,
  prefix: string,
  json: JsonBytes,
  suffix: string,
  extraHeaders?: Readonly<Record<string, string>>,
): void {
  const prefixLength = Buffer.byteLength(prefix);
  const length = prefixLength + json.byteLength + suffix.length;
  const headers = baseHeaders(request, 'application/json');
  if (extraHeaders !== undefined) Object.assign(headers, extraHeaders);
  headers['Content-Length'] = length;
  if (length <= joinBelowBytes) {
    response.writeHead(200, headers);
    const body = asLatin1(prefix) + latin1Of(json) + suffix;
    atEndOfTurn(() => response.end(body, 'latin1'));
    return;
  }
  response.cork();
  response.writeHead(200, headers);
  response.write(prefix);
  for (const chunk of json.chunks) response.write(chunk);
  response.end(suffix);
  response.uncork();
}

/** The bytes as a string of one character each, which node:http puts behind its headers without another copy. */
function latin1Of(json: JsonBytes): string {
  let text = '';
  for (const chunk of json.chunks) text += asBuffer(chunk).toString('latin1');
  return text;
}

const beyondAscii = /[^\u0000-\u007f]/;

function asLatin1(text: string): string {
  return beyondAscii.test(text) ? Buffer.from(text).toString('latin1') : text;
}

/** Answers without a body. */
export function sendEmpty(request: GatewayRequest, response: GatewayResponse, status: number): void {
  response.writeHead(status, {
    'x-request-id': request.requestId,
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': 0,
  });
  atEndOfTurn(() => response.end());
}

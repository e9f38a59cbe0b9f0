import type { GatewayRequest, GatewayResponse } from './gateway-request.js';

const allowedMethods = 'GET, POST, PUT, PATCH, DELETE';
const allowedHeaders =
  'authorization, content-type, x-api-key, x-litellm-api-key, mcp-session-id, mcp-protocol-version, mcp-method, ' +
  'mcp-name, last-event-id, x-mcp-servers, x-request-id, idempotency-key';
const exposedHeaders = 'mcp-session-id, x-request-id, retry-after, www-authenticate';

/**
 * Cross-origin access for the configured origins only (Fetch standard, CORS protocol); off while none is configured.
 * True when the request was a preflight and is answered.
 */
export function applyCors(
  request: GatewayRequest,
  response: GatewayResponse,
  origins: readonly string[],
): boolean {
  const { origin } = request.headers;
  if (origins.length === 0 || origin === undefined) return false;
  if (!origins.includes(origin) && !origins.includes('*')) return false;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Expose-Headers', exposedHeaders);
  response.setHeader('Vary', 'Origin');
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
    return false;
  response.writeHead(204, {
    'Access-Control-Allow-Methods': allowedMethods,
    'Access-Control-Allow-Headers': allowedHeaders,
    'Access-Control-Max-Age': '600',
    'X-Content-Type-Options': 'nosniff',
    'x-request-id': request.requestId,
  });
  response.end();
  return true;
}

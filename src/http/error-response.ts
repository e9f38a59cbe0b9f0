import { type GatewayError, toErrorEnvelope } from '../core/errors.js';
import { matchMcpPath } from '../core/mcp-path.js';
import { pathOf, type GatewayRequest, type GatewayResponse } from './gateway-request.js';
import { baseHeaders, sendJson } from './send.js';

/** How long a client may go on sending what nobody reads. */
const dropBodyForMs = 30_000;

/** JSON-RPC error object of a GatewayError: `data` names the code, and for upstream faults what the contract asks. */
export function toRpcError(
  error: GatewayError,
  requestId: string,
): { code: number; message: string; data: Record<string, unknown> } {
  const { definition, details } = error;
  const data: Record<string, unknown> = { code: definition.code, request_id: requestId, ...details.data };
  if (definition.category !== undefined) data['category'] = definition.category;
  if (details.upstream !== undefined) data['upstream'] = details.upstream;
  if (details.retryAfterSeconds !== undefined) data['retry_after_seconds'] = details.retryAfterSeconds;
  return { code: definition.rpcCode, message: error.message, data };
}

/** Answers with an error: JSON-RPC on the MCP endpoints, the OpenAI-shaped envelope everywhere else. */
export function sendError(request: GatewayRequest, response: GatewayResponse, error: GatewayError): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status } = error.definition;
  const headers: Record<string, string> = {};
  if (status === 401) headers['WWW-Authenticate'] = 'Bearer';
  if (error.details.retryAfterSeconds !== undefined) {
    headers['Retry-After'] = String(error.details.retryAfterSeconds);
  }
  if (error.details.allowedMethods !== undefined) headers['Allow'] = error.details.allowedMethods.join(', ');
  const body =
    matchMcpPath(pathOf(request)) === null
      ? toErrorEnvelope(error)
      : { jsonrpc: '2.0', id: request.rpcId ?? null, error: toRpcError(error, request.requestId) };
  const text = JSON.stringify(body);
  if (request.complete || !hasBody(request)) sendJson(request, response, status, text, headers);
  else sendBeforeBody(request, response, status, text, headers);
}

const hasBody = ({ headers }: GatewayRequest): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * Answers a client that is still sending. Its answer is out at once, but the end waits until the rest of the body was
 * read and dropped: a connection that closes under a sender takes the answer with it (RFC 9112 section 9.6).
 */
function sendBeforeBody(
  request: GatewayRequest,
  response: GatewayResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>>,
): void {
  const length = String(Buffer.byteLength(text));
  response.writeHead(status, {
    ...baseHeaders(request, 'application/json'),
    ...headers,
    'Content-Length': length,
  });
  if (request.method !== 'HEAD') response.write(text);
  const end = (): void => {
    clearTimeout(patience);
    response.end();
  };
  const patience = setTimeout(() => response.destroy(), dropBodyForMs).unref();
  request.once('end', end).once('close', end).resume();
}

import { type GatewayError, toErrorEnvelope } from '../core/errors.js';
import { matchMcpPath } from '../core/mcp-path.js';
import { pathOf, type GatewayRequest, type GatewayResponse } from './gateway-request.js';
import { sendJson } from './send.js';

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
  // What is left of the body is read and dropped: a client that is still sending would not see the answer otherwise.
  request.resume();
  const body =
    matchMcpPath(pathOf(request)) === null
      ? toErrorEnvelope(error)
      : { jsonrpc: '2.0', id: request.rpcId ?? null, error: toRpcError(error, request.requestId) };
  sendJson(request, response, status, JSON.stringify(body), headers);
}

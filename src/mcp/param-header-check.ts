import { GatewayError } from '../core/errors.js';
import { isMirrored, toolParamHeaders, type ParamHeader } from '../core/param-headers.js';
import type { PrincipalView } from '../gateway/principal-view.js';
import { headerOf, type GatewayRequest } from '../http/gateway-request.js';
import type { RpcRequest } from './rpc-message.js';

/**
 * Arguments that a tool's schema wants repeated in headers must stand there as in the body (MCP 2026-07-28,
 * transports/streamable-http, "Server Behavior for Custom Headers"). Throws HEADER_MISMATCH.
 */
export function checkParamHeaders(request: GatewayRequest, view: PrincipalView, message: RpcRequest): void {
  const { name, arguments: args } = message.params;
  if (message.method !== 'tools/call' || typeof name !== 'string') return;
  for (const mirrored of headersOf(view, name)) {
    const { header } = mirrored;
    if (isMirrored(headerOf(request, header), args, mirrored)) continue;
    throw new GatewayError('HEADER_MISMATCH', {
      param: header,
      message: `The ${header} header does not say what the argument ${mirrored.path.join('.')} says.`,
      data: { mismatch: { header } },
    });
  }
}

function headersOf(view: PrincipalView, name: string): readonly ParamHeader[] {
  try {
    return toolParamHeaders(view.tool(name).tool);
  } catch {
    // A name that leads nowhere is answered where it is called.
    return [];
  }
}

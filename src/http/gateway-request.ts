import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Principal } from '../core/principal.js';
import type { RpcId } from '../core/rpc.js';

/** A request on its way through the gateway. The front door sets the id; the guard sets the principal. */
export interface GatewayRequest extends IncomingMessage {
  requestId: string;
  principal?: Principal;
  /** Of the one JSON-RPC request in the body, once it was read: errors answer it by its id. */
  rpcId?: RpcId;
}

export type GatewayResponse = ServerResponse;

/** The path without its query, exactly as sent. */
export function pathOf(request: Pick<IncomingMessage, 'url'>): string {
  const url = request.url ?? '/';
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** The query of a request. Parsed only where a route needs it. */
export function queryOf(request: IncomingMessage): URLSearchParams {
  const url = request.url ?? '/';
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}

/** One value of a header that must not be repeated: the first when a client sent several. */
export function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

import type { JsonMembers } from './json-members.js';

/** JSON text as bytes, in one piece or several, exactly as it came; forwarded without being understood. */
export interface JsonBytes {
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
  /** The object's own members where a scan has found them already; ranges count from the first byte here. */
  readonly members?: JsonMembers;
}

/** A JSON-RPC id as clients may send it (JSON-RPC 2.0 section 4); null only in error answers. */
export type RpcId = string | number;

export interface RpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** What an upstream answered. Faults of the upstream or the gateway are thrown as `GatewayError` instead. */
export type RpcOutcome =
  | { readonly kind: 'result'; readonly result: JsonBytes }
  | { readonly kind: 'error'; readonly error: RpcErrorObject };

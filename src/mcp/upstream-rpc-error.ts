import type { RpcErrorObject, RpcOutcome } from '../core/rpc.js';
import type { ResultJson } from './exchange.js';

/** A JSON-RPC error that an upstream answered: passed on as it is, credentials were replaced where it came in. */
export class UpstreamRpcError extends Error {
  override readonly name = 'UpstreamRpcError';

  constructor(readonly error: RpcErrorObject) {
    super(error.message);
  }
}

export function resultOf(outcome: RpcOutcome): ResultJson {
  if (outcome.kind === 'error') throw new UpstreamRpcError(outcome.error);
  return outcome.result;
}

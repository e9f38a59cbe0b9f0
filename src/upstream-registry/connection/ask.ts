import { GatewayError } from '../../core/errors.js';
import type { RpcOutcome } from '../../core/rpc.js';
import type { RequestClient } from '../upstream.js';
import { TransportFault, type FaultStage } from '../transports/transport-fault.js';
import type { CallTable } from './call-table.js';
import type { Connection } from './connection.js';

/** A request of our own. Rejects with a TransportFault of `stage`. */
export async function ask(
  connection: Connection,
  calls: CallTable,
  method: string,
  encodeParams: (token: number) => string,
  stage: FaultStage,
  timeoutMs: number,
  client?: RequestClient,
): Promise<RpcOutcome> {
  const request = { method, encodeParams, isRepeatable: true, ...(client === undefined ? {} : { client }) };
  const call = calls.open(
    request,
    { timeoutMs },
    {
      onCallEnd: () => undefined,
    },
  );
  connection.dispatch(call);
  try {
    return await call.outcome;
  } catch (error) {
    throw asFault(error, stage);
  }
}

export function refused(stage: FaultStage, message: string): TransportFault {
  return new TransportFault('UPSTREAM_INVALID_RESPONSE', stage, message, { isMismatch: true });
}

function asFault(error: unknown, stage: FaultStage): TransportFault {
  if (!(error instanceof GatewayError)) return TransportFault.of(error, stage);
  if (error.cause instanceof TransportFault) {
    const { code, message, scope, isMismatch, isBroken, cause } = error.cause;
    return new TransportFault(code, stage, message, { scope, isMismatch, isBroken, cause });
  }
  const message = error.code === 'UPSTREAM_TIMEOUT' ? 'did not answer in time' : 'sent an invalid answer';
  return new TransportFault(error.code, stage, message, { cause: error });
}

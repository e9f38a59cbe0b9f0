import { GatewayError } from '../../core/errors.js';
import type { JsonBytes, RpcOutcome } from '../../core/rpc.js';
import { version } from '../../core/version.js';
import { TransportFault, type FaultStage } from '../transports/transport-fault.js';
import type { CallTable } from './call-table.js';
import type { Connection } from './connection.js';

/** Newest first. An upstream that answers another version speaks nothing we do. */
const protocolVersions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'] as const;

/** What an upstream said about itself when the connection was opened. */
export interface ServerFacts {
  readonly protocolVersion: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly serverInfo: Readonly<Record<string, unknown>>;
  readonly instructions: string | null;
}

/** `initialize` and `notifications/initialized` (specification, basic/lifecycle). Rejects with a TransportFault. */
export async function initialize(
  connection: Connection,
  calls: CallTable,
  capabilities: Readonly<Record<string, unknown>>,
  timeoutMs: number,
): Promise<ServerFacts> {
  const params = JSON.stringify({
    protocolVersion: protocolVersions[0],
    capabilities,
    clientInfo: { name: 'toolgate', title: 'Toolgate', version },
  });
  const outcome = await ask(connection, calls, 'initialize', () => params, 'initialize', timeoutMs);
  if (outcome.kind === 'error') throw refused('initialize', 'refused to initialize');
  const facts = readFacts(outcome.result);
  connection.established(facts.protocolVersion);
  const fault = await connection.notify('notifications/initialized', '');
  if (fault !== null) throw fault;
  connection.listen();
  return facts;
}

/** A request of our own. Rejects with a TransportFault of `stage`. */
export async function ask(
  connection: Connection,
  calls: CallTable,
  method: string,
  encodeParams: (token: number) => string,
  stage: FaultStage,
  timeoutMs: number,
): Promise<RpcOutcome> {
  const call = calls.open({ method, encodeParams, isRepeatable: true }, timeoutMs, {
    onCallEnd: () => undefined,
  });
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

function readFacts(result: JsonBytes): ServerFacts {
  let facts: unknown;
  try {
    facts = JSON.parse(Buffer.concat(result.chunks).toString('utf8'));
  } catch {
    throw refused('initialize', 'answered initialize with invalid JSON');
  }
  const { protocolVersion, capabilities, serverInfo, instructions } = asObject(facts);
  if (!protocolVersions.some((known) => known === protocolVersion)) {
    throw refused('initialize', 'speaks no protocol version that we do');
  }
  return {
    protocolVersion: String(protocolVersion),
    capabilities: asObject(capabilities),
    serverInfo: asObject(serverInfo),
    instructions: typeof instructions === 'string' ? instructions : null,
  };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

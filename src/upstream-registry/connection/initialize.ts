import { capabilitiesOf, type ClientFeatures } from '../../core/client-features.js';
import { isLegacyVersion, latestLegacyVersion } from '../../core/protocol-version.js';
import type { JsonBytes } from '../../core/rpc.js';
import { ask, refused } from './ask.js';
import type { CallTable } from './call-table.js';
import type { Connection } from './connection.js';
import { clientInfo } from './dialect/request-envelope.js';
import { asObject, parseFacts, type ServerFacts } from './server-facts.js';

/** `initialize` and `notifications/initialized` (specification, basic/lifecycle). Rejects with a TransportFault. */
export async function initialize(
  connection: Connection,
  calls: CallTable,
  features: ClientFeatures,
  timeoutMs: number,
): Promise<ServerFacts> {
  const params = JSON.stringify({
    protocolVersion: latestLegacyVersion,
    capabilities: capabilitiesOf(features),
    clientInfo,
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

function readFacts(result: JsonBytes): ServerFacts {
  const facts = parseFacts(result);
  if (facts === null) throw refused('initialize', 'answered initialize with invalid JSON');
  const { protocolVersion, capabilities, serverInfo, instructions } = facts;
  if (!isLegacyVersion(protocolVersion)) {
    throw refused('initialize', 'speaks no protocol version that we do');
  }
  return {
    protocolVersion,
    capabilities: asObject(capabilities),
    serverInfo: asObject(serverInfo),
    instructions: typeof instructions === 'string' ? instructions : null,
  };
}

import { setTimeout as pause } from 'node:timers/promises';

import { envelopeKey } from '../../core/envelope.js';
import { isLegacyVersion, modernVersion, type Era } from '../../core/protocol-version.js';
import type { RpcOutcome } from '../../core/rpc.js';
import { TransportFault } from '../transports/transport-fault.js';
import { ask, refused } from './ask.js';
import { isVersionRefused, supportedVersionsOf } from './dialect/modern-errors.js';
import { ModernDialect, type ModernSetup } from './dialect/modern-dialect.js';
import { initialize } from './initialize.js';
import { asObject, parseFacts, type ServerFacts } from './server-facts.js';

export interface NegotiationSetup extends ModernSetup {
  /** For the whole of it. */
  readonly timeoutMs: number;
  /** null: to be found out. */
  readonly era: Era | null;
}

/** A server of an earlier revision may leave the question unanswered; then it is asked its own way. */
const probeMs = 5_000;

/**
 * Agrees on how to speak: revision 2026-07-28 where the upstream answers `server/discover`, else `initialize`
 * (basic/versioning, "Backward Compatibility"). Rejects with a TransportFault.
 */
export async function negotiate(setup: NegotiationSetup): Promise<ServerFacts> {
  const { connection, calls, features, timeoutMs, era } = setup;
  const open = (): Promise<ServerFacts> => initialize(connection, calls, features, timeoutMs);
  if (era === 'legacy' || connection.transport.kind === 'sse') return open();

  const legacy = connection.dialect;
  const modern = new ModernDialect(setup);
  connection.speak(modern);
  const discovery = discover(setup);
  const early = await withinProbe(discovery, timeoutMs);
  if (early !== null && early !== 'late') return begin(setup, modern, early);
  connection.speak(legacy);
  try {
    return await open();
  } catch (fault) {
    // It was only slow to start: the first question was answered meanwhile, the second one refused.
    const late = early === 'late' ? await withinProbe(discovery, 0) : null;
    if (late === null || late === 'late') throw fault;
    connection.speak(modern);
    return begin(setup, modern, late);
  }
}

function begin({ connection }: NegotiationSetup, modern: ModernDialect, facts: ServerFacts): ServerFacts {
  modern.discovered(facts.capabilities);
  connection.established(facts.protocolVersion);
  connection.listen();
  return facts;
}

/** null: not an upstream of revision 2026-07-28. Rejects when no other question would be answered either. */
async function discover({ connection, calls, timeoutMs }: NegotiationSetup): Promise<ServerFacts | null> {
  try {
    return readDiscovery(await ask(connection, calls, 'server/discover', () => '{}', 'discover', timeoutMs));
  } catch (error) {
    const fault = TransportFault.of(error, 'discover');
    if (isFinal(fault, connection.transport.kind === 'stdio')) throw fault;
    return null;
  }
}

/** Whether asking in another way is pointless: nobody is there, or whoever is does not want to talk to us at all. */
function isFinal({ scope, code, isBroken, message }: TransportFault, isProcess: boolean): boolean {
  if (message === unspeakable) return true;
  if (scope === 'connection' || (isProcess && isBroken)) return true;
  return code === 'UPSTREAM_REJECTED_CREDENTIALS' || code === 'OVERLOADED';
}

const unspeakable = 'speaks no protocol version that we do';

function readDiscovery(outcome: RpcOutcome): ServerFacts | null {
  if (outcome.kind === 'error') {
    if (isVersionRefused(outcome.error)) requireKnown(supportedVersionsOf(outcome.error));
    return null;
  }
  const { supportedVersions, capabilities, instructions, _meta: meta } = parseFacts(outcome.result) ?? {};
  if (!Array.isArray(supportedVersions)) return null;
  if (!supportedVersions.includes(modernVersion)) {
    requireKnown(supportedVersions);
    return null;
  }
  return {
    protocolVersion: modernVersion,
    capabilities: asObject(capabilities),
    serverInfo: asObject(asObject(meta)[envelopeKey.serverInfo]),
    instructions: typeof instructions === 'string' ? instructions : null,
  };
}

/** Throws when an upstream names the versions it speaks and we know none of them. */
function requireKnown(versions: readonly unknown[] | null): void {
  if (versions !== null && versions.length > 0 && !versions.some(isLegacyVersion)) {
    throw refused('discover', unspeakable);
  }
}

async function withinProbe(
  discovery: Promise<ServerFacts | null>,
  timeoutMs: number,
): Promise<ServerFacts | null | 'late'> {
  const stop = new AbortController();
  const late = pause(Math.min(probeMs, timeoutMs / 2), 'late' as const, { signal: stop.signal });
  try {
    return await Promise.race([discovery, late]);
  } finally {
    stop.abort();
    late.catch(() => undefined);
    discovery.catch(() => undefined);
  }
}

import type { ClientFeatures } from '../../core/client-features.js';
import { modernVersion, type Era } from '../../core/protocol-version.js';
import type { TransportKind, UpstreamEndpoint } from '../../core/upstream.js';
import { upstreamTraffic } from '../transports/traffic-channel.js';
import type { Transport, TransportLimits } from '../transports/transport.js';
import { TransportFault } from '../transports/transport-fault.js';
import { candidateTransports, createTransport } from '../transports/transports.js';
import { TrafficTap, watchedListener, WatchedTransport } from '../transports/watched-transport.js';
import { Connection, type ConnectionSetup } from './connection.js';
import { askForLog } from './log-request.js';
import { negotiate } from './negotiate.js';
import type { ServerFacts } from './server-facts.js';

export interface OpenSettings extends ConnectionSetup {
  readonly endpoint: UpstreamEndpoint;
  readonly limits: TransportLimits;
  /** What the client can do that the connection is for. */
  readonly features: ClientFeatures;
  /** Least severe log messages that client wants; null: what the upstream sends by itself. */
  readonly logLevel?: () => string | null;
  readonly onStderr: (line: string) => void;
  /** Gives the attempt up. */
  readonly signal: AbortSignal;
}

export interface OpenConnection {
  readonly connection: Connection;
  readonly facts: ServerFacts;
}

/** A command may have to be downloaded first (`npx -y`, `uvx`); nobody waits for it but the connection itself. */
const commandStartMs = 60_000;

/**
 * Opens a connection the way that is remembered, or else over the first transport and in the first era that the upstream
 * takes. Another transport is tried only when the upstream answered as none of this transport would; one that cannot be
 * reached cannot be reached either way. Rejects with a TransportFault, and leaves nothing open then.
 */
export async function openConnection(settings: OpenSettings): Promise<OpenConnection> {
  const { memory } = settings;
  const candidates = candidateTransports(settings.endpoint);
  const { known } = memory;
  if (known !== null && candidates.includes(known.transport)) {
    try {
      return await openOver(known.transport, known.era, settings);
    } catch (error) {
      const fault = TransportFault.of(error, 'connect');
      if (!fault.isMismatch) throw fault;
      memory.forget();
    }
  }
  let first: TransportFault | undefined;
  for (const kind of candidates) {
    try {
      return await openOver(kind, null, settings);
    } catch (error) {
      const fault = TransportFault.of(error, 'connect');
      first ??= fault;
      if (!fault.isMismatch) throw fault;
    }
  }
  throw first ?? new TransportFault('UPSTREAM_UNAVAILABLE', 'connect', 'has no transport');
}

async function openOver(
  kind: TransportKind,
  era: Era | null,
  settings: OpenSettings,
): Promise<OpenConnection> {
  try {
    return await openOnce(kind, era, settings);
  } catch (error) {
    // Some programs end at a question that they do not know before `initialize`.
    const isAskedToDeath =
      error instanceof TransportFault && kind === 'stdio' && error.stage === 'discover' && error.isBroken;
    if (!isAskedToDeath) throw error;
    return openOnce(kind, 'legacy', settings);
  }
}

async function openOnce(
  kind: TransportKind,
  era: Era | null,
  settings: OpenSettings,
): Promise<OpenConnection> {
  const { upstream, calls, peer, features, logLevel, endpoint, limits, memory, signal } = settings;
  const connection = new Connection(settings);
  const transport = transportFor(connection, kind, settings);
  connection.attach(transport);
  const timeoutMs =
    endpoint.kind === 'stdio' ? Math.max(commandStartMs, limits.connectTimeoutMs) : limits.connectTimeoutMs;
  const giveUp = (): void => void connection.close();
  signal.addEventListener('abort', giveUp);
  try {
    if (signal.aborted) throw new TransportFault('UPSTREAM_UNAVAILABLE', 'connect', 'is disconnected');
    await transport.open();
    const facts = await negotiate({ upstream, connection, calls, peer, features, timeoutMs, era });
    memory.found(kind, facts.protocolVersion === modernVersion ? 'modern' : 'legacy');
    const level = logLevel?.() ?? null;
    if (level !== null) await askForLog(connection, calls, facts, level, timeoutMs);
    return { connection, facts };
  } catch (error) {
    await connection.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** With somebody who looks on, where traffic is shown. */
function transportFor(connection: Connection, kind: TransportKind, settings: OpenSettings): Transport {
  const { endpoint, limits, onStderr, upstream, redactor } = settings;
  if (!upstreamTraffic.hasSubscribers)
    return createTransport(endpoint, kind, { limits, listener: connection, onStderr });
  const tap = new TrafficTap(upstream, redactor);
  const listener = watchedListener(connection, tap);
  return new WatchedTransport(createTransport(endpoint, kind, { limits, listener, onStderr }), tap);
}

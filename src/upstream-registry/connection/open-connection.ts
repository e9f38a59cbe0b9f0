import type { TransportKind, UpstreamEndpoint } from '../../core/upstream.js';
import type { TransportLimits } from '../transports/transport.js';
import { TransportFault } from '../transports/transport-fault.js';
import { candidateTransports, createTransport } from '../transports/transports.js';
import { Connection, type ConnectionSetup } from './connection.js';
import { initialize, type ServerFacts } from './handshake.js';

export interface OpenSettings extends ConnectionSetup {
  readonly endpoint: UpstreamEndpoint;
  readonly limits: TransportLimits;
  /** Client capabilities for `initialize`. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** The transport that worked last time, tried first. */
  readonly remembered: TransportKind | null;
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
 * Opens a connection over the first transport that the upstream takes. Another one is tried only when the upstream
 * answered as none of this transport would; one that cannot be reached cannot be reached either way.
 * Rejects with a TransportFault, and leaves nothing open then.
 */
export async function openConnection(settings: OpenSettings): Promise<OpenConnection> {
  const { endpoint, remembered } = settings;
  const candidates = [...candidateTransports(endpoint)];
  if (remembered !== null && candidates.includes(remembered)) {
    candidates.sort((a, b) => Number(b === remembered) - Number(a === remembered));
  }
  let first: TransportFault | undefined;
  for (const kind of candidates) {
    try {
      return await openOver(kind, settings);
    } catch (error) {
      const fault = TransportFault.of(error, 'connect');
      first ??= fault;
      if (!fault.isMismatch) throw fault;
    }
  }
  throw first ?? new TransportFault('UPSTREAM_UNAVAILABLE', 'connect', 'has no transport');
}

async function openOver(kind: TransportKind, settings: OpenSettings): Promise<OpenConnection> {
  const { endpoint, limits, onStderr, calls, capabilities, signal } = settings;
  const connection = new Connection(settings);
  const transport = createTransport(endpoint, kind, { limits, listener: connection, onStderr });
  connection.attach(transport);
  const timeoutMs =
    endpoint.kind === 'stdio' ? Math.max(commandStartMs, limits.connectTimeoutMs) : limits.connectTimeoutMs;
  const giveUp = (): void => void connection.close();
  signal.addEventListener('abort', giveUp);
  try {
    if (signal.aborted) throw new TransportFault('UPSTREAM_UNAVAILABLE', 'connect', 'is disconnected');
    await transport.open();
    const facts = await initialize(connection, calls, capabilities, timeoutMs);
    return { connection, facts };
  } catch (error) {
    await connection.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

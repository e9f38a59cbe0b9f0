import type { JsonBytes } from '../../core/rpc.js';

/** What an upstream said about itself when the connection was opened. */
export interface ServerFacts {
  readonly protocolVersion: string;
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly serverInfo: Readonly<Record<string, unknown>>;
  readonly instructions: string | null;
}

/** The members of a result; null when it is not JSON. */
export function parseFacts({ chunks }: JsonBytes): Readonly<Record<string, unknown>> | null {
  try {
    return asObject(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  } catch {
    return null;
  }
}

export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

import { setTimeout as pause } from 'node:timers/promises';

import { ask } from './ask.js';
import type { CallTable } from './call-table.js';
import type { Connection } from './connection.js';
import type { ServerFacts } from './server-facts.js';

/** An upstream that takes longer is not waited for: a call matters more than its log messages. */
const patienceMs = 250;

/**
 * Tells an upstream which log messages its client wants (MCP logging), before the first call: over HTTP a request may
 * overtake the one before it.
 */
export async function askForLog(
  connection: Connection,
  calls: CallTable,
  { capabilities }: ServerFacts,
  level: string,
  timeoutMs: number,
): Promise<void> {
  if (connection.dialect.era === 'modern' || capabilities['logging'] === undefined) return;
  const params = JSON.stringify({ level });
  const asked = ask(connection, calls, 'logging/setLevel', () => params, 'initialize', timeoutMs);
  // What is wrong with the upstream the call itself will find out.
  const told = asked.catch(() => undefined);
  await Promise.race([told, pause(patienceMs, undefined, { ref: false })]);
}

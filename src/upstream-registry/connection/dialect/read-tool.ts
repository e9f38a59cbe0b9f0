import type { CatalogTool } from '../../../core/catalog.js';
import { ask } from '../ask.js';
import type { CallTable } from '../call-table.js';
import type { Connection } from '../connection.js';
import { parseFacts } from '../server-facts.js';

const maxPages = 64;
const timeoutMs = 5_000;

/** One tool as the upstream defines it now; null when it has none of this name. Rejects with a TransportFault. */
export async function readTool(
  connection: Connection,
  calls: CallTable,
  name: string,
): Promise<CatalogTool | null> {
  let cursor: unknown;
  for (let page = 0; page < maxPages; page++) {
    const params = JSON.stringify(cursor === undefined ? {} : { cursor });
    const outcome = await ask(connection, calls, 'tools/list', () => params, 'list', timeoutMs);
    if (outcome.kind === 'error') return null;
    const { tools, nextCursor } = parseFacts(outcome.result) ?? {};
    const found = (Array.isArray(tools) ? (tools as unknown[]) : []).find((tool) => isNamed(tool, name));
    if (found !== undefined) return { name, json: JSON.stringify(found) };
    if (typeof nextCursor !== 'string' || nextCursor === cursor) return null;
    cursor = nextCursor;
  }
  return null;
}

function isNamed(tool: unknown, name: string): boolean {
  return typeof tool === 'object' && tool !== null && 'name' in tool && tool.name === name;
}

import type { RequestClient } from '../upstream.js';
import { ask } from '../connection/ask.js';
import type { CallTable } from '../connection/call-table.js';
import type { OpenConnection } from '../connection/open-connection.js';
import type { CatalogSource } from './catalog-keeper.js';

/** Lists read over a connection, for the client that it belongs to or, where each request says so, for another. */
export function sourceOver(
  { connection, facts }: OpenConnection,
  calls: CallTable,
  client?: RequestClient,
): CatalogSource {
  return {
    facts,
    ask: (method, params, timeoutMs) =>
      ask(connection, calls, method, () => params, 'list', timeoutMs, client),
  };
}

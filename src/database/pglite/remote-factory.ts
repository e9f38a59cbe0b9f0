import { DriverAdapterError } from '@prisma/driver-adapter-utils';
import type {
  IsolationLevel,
  SqlDriverAdapter,
  SqlMigrationAwareDriverAdapterFactory,
  SqlQuery,
  SqlResultSet,
  Transaction,
} from '@prisma/driver-adapter-utils';

import type { PgliteChannel, PgliteRequest } from './pglite-protocol.js';

const identity = { provider: 'postgres', adapterName: 'toolgate-pglite' } as const;

/** Prisma's driver adapter over a channel to PGlite. */
export function remoteFactory(channel: PgliteChannel): SqlMigrationAwareDriverAdapterFactory {
  return {
    ...identity,
    connect: () => Promise.resolve(remoteAdapter(channel)),
    connectToShadowDb: () => Promise.reject(new Error('The embedded database has no shadow database')),
  };
}

function remoteAdapter(channel: PgliteChannel): SqlDriverAdapter {
  return {
    ...queryable(channel, null),
    executeScript: (script) => ask<undefined>(channel, { op: 'script', script }),
    startTransaction: async (isolationLevel?: IsolationLevel): Promise<Transaction> => {
      const transaction = await ask<number>(channel, { op: 'begin', isolationLevel });
      return {
        ...queryable(channel, transaction),
        // PGlite begins and ends transactions itself, so Prisma must not send COMMIT and ROLLBACK of its own.
        options: { usePhantomQuery: true },
        commit: () => ask<undefined>(channel, { op: 'commit', transaction }),
        rollback: () => ask<undefined>(channel, { op: 'rollback', transaction }),
      };
    },
    getConnectionInfo: () => ({ supportsRelationJoins: true }),
    dispose: () => Promise.resolve(),
  };
}

function queryable(channel: PgliteChannel, transaction: number | null) {
  return {
    ...identity,
    queryRaw: (query: SqlQuery) => ask<SqlResultSet>(channel, { op: 'query', query, transaction }),
    executeRaw: (query: SqlQuery) => ask<number>(channel, { op: 'execute', query, transaction }),
  };
}

async function ask<T>(channel: PgliteChannel, request: PgliteRequest): Promise<T> {
  const reply = await channel.ask(request);
  if (reply.ok) return reply.value as T;
  throw reply.mapped === null ? new Error(reply.message) : new DriverAdapterError(reply.mapped);
}

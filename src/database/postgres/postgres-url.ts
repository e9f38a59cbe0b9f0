import { DatabaseStartError } from '../backend.js';

export interface PostgresAddress {
  /** For `pg`: without the parameters that only Prisma knows. */
  readonly connectionString: string;
  /** `?schema=`; null: the role's own search path. */
  readonly schema: string | null;
  /** `?connection_limit=`, connections of the pool. */
  readonly poolSize: number;
}

/** Parameters of Prisma's connection URLs (LiteLLM's users have them) that `pg` would misread. */
const prismaOnly = [
  'schema',
  'connection_limit',
  'pool_timeout',
  'connect_timeout',
  'socket_timeout',
  'pgbouncer',
  'statement_cache_size',
  'sslaccept',
  'sslidentity',
  'sslpassword',
];

const defaultPoolSize = 10;

/** Reads a `postgres://` URL as Prisma and libpq understand it. */
export function parsePostgresUrl(text: string): PostgresAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new DatabaseStartError(
      'database_url is not a Postgres URL: expected postgres://user:password@host:5432/database',
    );
  }
  const schema = url.searchParams.get('schema');
  const limit = Number(url.searchParams.get('connection_limit') ?? defaultPoolSize);
  for (const name of prismaOnly) url.searchParams.delete(name);
  // libpq's meaning of sslmode: `require` encrypts, only `verify-full` checks the certificate's name.
  if (url.searchParams.has('sslmode') && !url.searchParams.has('uselibpqcompat')) {
    url.searchParams.set('uselibpqcompat', 'true');
  }
  return {
    connectionString: url.href,
    schema: schema === '' ? null : schema,
    poolSize: Number.isInteger(limit) && limit >= 1 && limit <= 1_000 ? limit : defaultPoolSize,
  };
}

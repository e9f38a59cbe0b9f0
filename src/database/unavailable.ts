import { GatewayError } from '../core/errors.js';

/** Prisma's error codes for a database that cannot be reached or does not answer (Prisma error reference, P1xxx, P2xxx). */
const prismaCodes = new Set([
  'P1000',
  'P1001',
  'P1002',
  'P1003',
  'P1008',
  'P1010',
  'P1011',
  'P1017',
  'P2024',
  'P2037',
]);

const adapterKinds = new Set([
  'AuthenticationFailed',
  'ConnectionClosed',
  'DatabaseAccessDenied',
  'DatabaseDoesNotExist',
  'DatabaseNotReachable',
  'SocketTimeout',
  'TlsConnectionError',
  'TooManyConnections',
]);

/**
 * SQLSTATE classes and codes (Postgres manual, appendix A): 08 connection exception, 53 insufficient resources, 57P0x
 * shutdown, 57014 cancelled by the statement timeout, 25006 read-only after a failover, 58 system error.
 */
const sqlStates = /^(08...|53...|57P0.|57014|25006|58...)$/;

const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EPIPE',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);

/** What `pg`, its pool and Prisma's transactions say without a code. */
const messages =
  /connection terminated|connection timeout|timeout exceeded when trying to connect|query read timeout|client has encountered a connection error|not queryable|connection.* closed|cannot use a pool after|unable to start a transaction in the given time|embedded database stopped/i;

/** true when the error says that the database is away, rather than that the statement is wrong. */
export function isUnavailable(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false;
  const { code, originalCode, kind, name, message, cause, meta } = error as Record<string, unknown>;
  if (typeof code === 'string' && (prismaCodes.has(code) || sqlStates.test(code) || socketCodes.has(code)))
    return true;
  if (typeof originalCode === 'string' && sqlStates.test(originalCode)) return true;
  if (typeof kind === 'string' && adapterKinds.has(kind)) return true;
  // Prisma's own errors quote the values of a statement, so only the words of others are read.
  if (typeof message === 'string' && (name === 'Error' || code === 'P2028') && messages.test(message))
    return true;
  const nested = [cause, (meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError];
  return nested.some((inner) => isUnavailable(inner, depth + 1));
}

/** 503 with `Retry-After`. The cause goes to the log; what it says never goes to a client. */
export function databaseUnavailable(cause?: unknown): GatewayError {
  return new GatewayError(
    'DATABASE_UNAVAILABLE',
    { retryAfterSeconds: 2 },
    cause === undefined ? undefined : { cause },
  );
}

import { expect, test } from '@jest/globals';
import { DriverAdapterError } from '@prisma/driver-adapter-utils';

import { Prisma } from '../../../src/database/generated/client.js';
import { databaseUnavailable, isUnavailable } from '../../../src/database/unavailable.js';

const known = (code: string, message: string, meta?: Record<string, unknown>) =>
  new Prisma.PrismaClientKnownRequestError(message, { code, clientVersion: '7', ...(meta && { meta }) });
const postgres = (code: string) =>
  new DriverAdapterError({
    kind: 'postgres',
    code,
    severity: 'FATAL',
    message: '',
    detail: undefined,
    column: undefined,
    hint: undefined,
  });

test.each<[string, unknown]>([
  ['a refused connection', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
  ['a connection that broke', new Error('Connection terminated unexpectedly')],
  ['a full pool', new Error('timeout exceeded when trying to connect')],
  ['a shutdown', postgres('57P01')],
  [
    'a shutdown seen through a raw query',
    known('P2010', 'Raw query failed', { driverAdapterError: postgres('57P03') }),
  ],
  ['too many connections', postgres('53300')],
  ['an adapter that cannot reach it', new DriverAdapterError({ kind: 'DatabaseNotReachable' })],
  ['no transaction to be had', known('P2028', 'Unable to start a transaction in the given time.')],
  ['an unreachable server', known('P1001', "Can't reach database server")],
])('%s means that the database is away', (_, error) => {
  expect(isUnavailable(error)).toBe(true);
});

test.each<[string, unknown]>([
  ['a duplicate', known('P2002', 'Unique constraint failed')],
  ['a missing row', known('P2025', 'No record was found')],
  ['a wrong statement', known('P2010', 'Raw query failed', { driverAdapterError: postgres('42P01') })],
  ['a value that reads like an outage', known('P2000', 'Too long: "Connection terminated unexpectedly"')],
  ['a bug', new TypeError('Cannot read properties of undefined')],
  ['nothing', null],
  ['text', 'Connection terminated unexpectedly'],
])('%s does not', (_, error) => {
  expect(isUnavailable(error)).toBe(false);
});

test('what a client is told has no word of the cause', () => {
  const error = databaseUnavailable(
    new Error('password authentication failed for postgres://root:hunter2@db'),
  );
  expect(error.message).not.toMatch(/hunter2|root|db\b/);
  expect(error.definition.status).toBe(503);
  expect(error.details.retryAfterSeconds).toBeGreaterThan(0);
});

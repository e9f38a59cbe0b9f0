import { expect, test } from '@jest/globals';

import { parsePostgresUrl } from '../../../src/database/postgres/postgres-url.js';

test("Prisma's own parameters are read or left out, the others stay", () => {
  const address = parsePostgresUrl(
    'postgresql://u:p%40ss@db.example:6432/gateway?schema=tools&connection_limit=5&pool_timeout=3&pgbouncer=true&application_name=x',
  );
  expect(address).toEqual({
    connectionString: 'postgresql://u:p%40ss@db.example:6432/gateway?application_name=x',
    schema: 'tools',
    poolSize: 5,
  });
});

test('sslmode means what it means to libpq, unless the address says otherwise', () => {
  const query = (url: string) =>
    new URL(parsePostgresUrl(url).connectionString).searchParams.get('uselibpqcompat');
  expect(query('postgres://h/d?sslmode=require')).toBe('true');
  expect(query('postgres://h/d?sslmode=require&uselibpqcompat=false')).toBe('false');
  expect(query('postgres://h/d')).toBeNull();
});

test.each([['0'], ['-1'], ['many'], ['1e9'], ['2.5']])('a connection limit of %s is not taken', (limit) => {
  expect(parsePostgresUrl(`postgres://h/d?connection_limit=${limit}`).poolSize).toBe(10);
});

test.each([[''], ['db'], ['mysql://root:secret@h/d'], ['postgres//root:secret@h'], ['http://secret@h']])(
  '%j is refused without being repeated',
  (text) => {
    const attempt = () => parsePostgresUrl(text);
    expect(attempt).toThrow(/postgres:\/\/user:password@host/);
    expect(attempt).not.toThrow(/secret/);
  },
);

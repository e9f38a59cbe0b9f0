import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { createEmptyPostgres, postgresUrl, type PostgresDatabase } from '../support/postgres.js';
import { eventually, startGateway, type ApiAnswer, type RunningGateway } from '../support/gateway.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const awayMs = 10_000;

/** Contract section 8: what goes on, and what does not, while Postgres is stopped under load. */
(postgresUrl === null ? describe.skip : describe)('Postgres stopped for ten seconds', () => {
  let postgres: PostgresDatabase;
  let cable: TcpProxy;
  let gateway: RunningGateway;

  beforeAll(async () => {
    postgres = await createEmptyPostgres();
    const url = new URL(postgres.url);
    cable = new TcpProxy({ host: url.hostname, port: Number(url.port) });
    await cable.open();
    url.host = `127.0.0.1:${cable.port}`;
    gateway = await startGateway({ env: { DATABASE_URL: url.href } });
    await eventually('the demo tools', async () => {
      const { body } = await gateway.api('GET', '/mcp/tools/list');
      return (body['tools'] as unknown[]).length > 0;
    });
  }, 60_000);
  afterAll(async () => {
    await gateway.stop();
    await cable.cut();
    await postgres.drop();
  }, 60_000);

  interface Told {
    readonly code: string;
    readonly retryAfter: string | null;
    readonly tookMs: number;
  }
  const timed = async (send: () => Promise<ApiAnswer>): Promise<Told> => {
    const startedAt = Date.now();
    const { status, headers, body } = await send();
    const code = `${status} ${body.error?.code ?? 'ok'}`;
    return { code, retryAfter: headers.get('retry-after'), tookMs: Date.now() - startedAt };
  };

  test('known keys go on, unknown ones are told when to come back, and the trail catches up', async () => {
    const issued = await gateway.api('POST', '/key/generate', {
      rpm_limit: 1_000_000,
      mcp_calls_per_day: 1_000_000,
    });
    const { key, key_id } = issued.body as unknown as { key: string; key_id: string };
    const other = (await gateway.api('POST', '/key/generate', {})).body['key'] as string;
    const calling = { isOver: false };
    const answers = new Map<string, number>();
    const call = (): Promise<ApiAnswer> =>
      gateway.api('POST', '/mcp/tools/call', { name: 'demo__add', arguments: { a: 1, b: 2 } }, key);
    const worker = async (): Promise<void> => {
      while (!calling.isOver) {
        const { code } = await timed(call);
        answers.set(code, (answers.get(code) ?? 0) + 1);
        await sleep(5);
      }
    };
    expect((await timed(call)).code).toBe('200 ok');
    const load = Promise.all(Array.from({ length: 4 }, worker));
    await sleep(300);

    await cable.cut();
    const awayUntil = Date.now() + awayMs;
    const unavailable = { code: '503 database_unavailable', retryAfter: expect.stringMatching(/^[1-9]/) };
    while (Date.now() < awayUntil) {
      const asked = await Promise.all([
        timed(() => gateway.api('GET', '/mcp/tools/list', undefined, `sk-unknown-${Date.now()}`)),
        timed(() => gateway.api('GET', '/mcp/tools/list', undefined, other)),
        timed(() => gateway.api('POST', '/key/generate', {})),
        timed(() => gateway.api('POST', '/key/block', { key: key_id })),
        timed(() => gateway.api('GET', '/v1/audit')),
      ]);
      for (const told of asked) {
        expect(told).toMatchObject(unavailable);
        // "Nothing waits longer than 1 s for it", and a busy machine a little.
        expect(told.tookMs).toBeLessThan(1_500);
      }
      expect((await gateway.api('GET', '/health/readiness', undefined, null)).status).toBe(503);
      expect((await gateway.api('GET', '/health/liveliness', undefined, null)).status).toBe(200);
      await sleep(500);
    }
    await cable.open();
    await eventually('readiness', async () => (await gateway.api('GET', '/health/readiness')).status === 200);
    expect((await timed(() => gateway.api('GET', '/mcp/tools/list', undefined, 'sk-unknown'))).code).toBe(
      '401 invalid_api_key',
    );
    expect((await timed(() => gateway.api('GET', '/mcp/tools/list', undefined, other))).code).toBe('200 ok');
    expect((await timed(() => gateway.api('POST', '/key/generate', {}))).code).toBe('200 ok');
    calling.isOver = true;
    await load;

    const calls = 1 + (answers.get('200 ok') ?? 0);
    expect([...answers.keys()]).toEqual(['200 ok']);
    expect(calls).toBeGreaterThan(200);
    const counted = async (): Promise<unknown> => {
      const { body } = await gateway.api('GET', `/v1/usage?group_by=key&key=${key_id}`);
      return (body['data'] as { calls: number }[])[0]?.calls;
    };
    await eventually('all rows of the trail', async () => (await rowsOf(key_id)) === calls, 20_000);
    await eventually('all calls in the usage', async () => (await counted()) === calls);
  }, 90_000);

  /** Rows of a key, page by page. */
  async function rowsOf(key: string): Promise<number> {
    let rows = 0;
    for (let next: string | null = ''; next !== null;) {
      const { body } = await gateway.api('GET', `/v1/audit?key=${key}&limit=100${next}`);
      rows += (body['data'] as unknown[]).length;
      const cursor = body['next_cursor'] as string | null;
      next = cursor === null ? null : `&cursor=${cursor}`;
    }
    return rows;
  }
});

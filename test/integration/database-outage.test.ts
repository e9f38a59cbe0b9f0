import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type { Change } from '../../src/core/change.js';
import { GatewayError } from '../../src/core/errors.js';
import { Secret } from '../../src/core/secret.js';
import { ChangeBus } from '../../src/database/change-bus.js';
import { DatabaseService } from '../../src/database/database.service.js';
import { createEmptyPostgres, postgresUrl, silent } from '../support/database.js';
import type { PostgresDatabase } from '../support/database.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const onPostgres = postgresUrl === null ? describe.skip : describe;

onPostgres('a Postgres that goes away', () => {
  let proxy: TcpProxy;
  let direct: PostgresDatabase;
  let database: DatabaseService;

  beforeEach(async () => {
    direct = await createEmptyPostgres();
    const url = new URL(direct.url);
    proxy = new TcpProxy({ host: url.hostname, port: Number(url.port) });
    await proxy.open();
    url.port = String(proxy.port);
    url.hostname = '127.0.0.1';
    database = new DatabaseService({ url: new Secret(url.href), dataDir: '' }, silent);
  });

  afterEach(async () => {
    await database.close();
    await proxy.cut();
    await direct.drop();
  });

  const count = () => database.run((prisma) => prisma.virtualKey.count());

  async function refusal(): Promise<{ error: unknown; ms: number }> {
    const begun = performance.now();
    const error = await count().catch((reason: unknown) => reason);
    return { error, ms: performance.now() - begun };
  }

  function expectUnavailable(error: unknown): void {
    expect(error).toBeInstanceOf(GatewayError);
    const { code, details } = error as GatewayError;
    expect(code).toBe('DATABASE_UNAVAILABLE');
    expect(details.retryAfterSeconds).toBeGreaterThan(0);
  }

  test('at the start: the process stays, callers are refused at once, and it is ready soon after its return', async () => {
    await proxy.cut();
    await database.onModuleInit();
    expect(await database.whenReady(500)).toBe(false);
    expect(database.state).toBe('connecting');
    expect(database.failure).toContain('ECONNREFUSED');
    const { error, ms } = await refusal();
    expectUnavailable(error);
    expect(ms).toBeLessThan(1_000);
    await proxy.open();
    expect(await database.whenReady(10_000)).toBe(true);
    expect(await count()).toBe(0);
  });

  test('while it runs: refused within a second, healed by itself', async () => {
    await database.onModuleInit();
    expect(await database.whenReady(20_000)).toBe(true);
    await proxy.cut();
    const { error, ms } = await refusal();
    expectUnavailable(error);
    expect(ms).toBeLessThan(2_000);
    await until(() => database.state === 'down');
    expectUnavailable((await refusal()).error);
    await proxy.open();
    await until(() => database.state === 'ready');
    expect(await count()).toBe(0);
  });

  test('in silence: a connection that answers nothing is given up within a second', async () => {
    await database.onModuleInit();
    expect(await database.whenReady(20_000)).toBe(true);
    proxy.freeze();
    const { error, ms } = await refusal();
    expectUnavailable(error);
    expect(ms).toBeLessThan(2_000);
    await until(() => database.state === 'down');
    await proxy.cut();
    await proxy.open();
    await until(() => database.state === 'ready');
    expect(await count()).toBe(0);
  });

  test('a failover: what is open goes silent, new connections work', async () => {
    await database.onModuleInit();
    expect(await database.whenReady(20_000)).toBe(true);
    // As many connections as the pool holds, so that none is left over.
    await Promise.all(Array.from({ length: 12 }, count));
    proxy.freezeOpen();
    await Promise.all(Array.from({ length: 12 }, () => refusal()));
    await until(async () => (await count().catch(() => -1)) === 0, 10_000);
    await Promise.all(Array.from({ length: 12 }, count));
  });

  test('a statement that is wrong is not taken for an outage', async () => {
    await database.onModuleInit();
    await database.whenReady(20_000);
    await expect(
      database.run((prisma) => prisma.$queryRawUnsafe('select nothing')),
    ).rejects.not.toBeInstanceOf(GatewayError);
    await database.run((prisma) =>
      prisma.gatewaySetting.create({ data: { name: 'a', value: new Uint8Array() } }),
    );
    const again = database.run((prisma) =>
      prisma.gatewaySetting.create({ data: { name: 'a', value: new Uint8Array() } }),
    );
    await expect(again).rejects.toMatchObject({ code: 'P2002' });
    expect(database.state).toBe('ready');
  });

  test('changes published meanwhile reach the other replicas afterwards', async () => {
    const other = new DatabaseService({ url: new Secret(direct.url), dataDir: '' }, silent);
    const [bus, otherBus] = [new ChangeBus(database), new ChangeBus(other)];
    const heard: Change[] = [];
    otherBus.subscribe((change) => heard.push(change));
    try {
      await database.onModuleInit();
      await other.onModuleInit();
      await database.whenReady(20_000);
      await other.whenReady(20_000);
      await proxy.cut();
      await until(() => database.state === 'down');
      await bus.publish({ kind: 'key', id: 'late' });
      expect(heard).toEqual([]);
      await proxy.open();
      await until(() => heard.length > 0);
      expect(heard).toEqual([{ kind: 'key', id: 'late' }]);
    } finally {
      await other.close();
    }
  });
});

test('an address that is none is refused at the start, without being repeated', async () => {
  const database = new DatabaseService({ url: new Secret('mysql://root:hunter2@db/x'), dataDir: '' }, silent);
  const error = await database.onModuleInit().catch((reason: unknown) => reason as Error);
  expect(error).toMatchObject({ name: 'DatabaseStartError' });
  expect(String(error)).not.toContain('hunter2');
  await database.close();
});

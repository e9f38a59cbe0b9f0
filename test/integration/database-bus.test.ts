import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';

import type { Change } from '../../src/core/change.js';
import { Secret } from '../../src/core/secret.js';
import { ChangeBus } from '../../src/database/change-bus.js';
import { DatabaseService } from '../../src/database/database.service.js';
import { GatewaySettingsStore } from '../../src/database/gateway-settings.store.js';
import { postgresUrl, silent, testDatabases } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

describe.each(testDatabases)('the bus and the settings on $kind', ({ create }) => {
  let held: TestDatabase;
  beforeAll(async () => {
    held = await create();
  });
  afterAll(() => held.close());

  test('listeners here have run when publish returns, once', async () => {
    const bus = new ChangeBus(held.database);
    const heard: Change[] = [];
    const stop = bus.subscribe((change) => heard.push(change));
    const told = bus.publish({ kind: 'team', id: 't' });
    expect(heard).toEqual([{ kind: 'team', id: 't' }]);
    await told;
    stop();
    await bus.publish({ kind: 'team', id: 'u' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(heard).toHaveLength(1);
    bus.onModuleDestroy();
  });

  test('a secret that many ask for at once is made once', async () => {
    const stores = Array.from({ length: 5 }, () => new GatewaySettingsStore(held.database));
    const secrets = await Promise.all(
      stores.map((store) => store.getOrCreateSecret('session_signing_secret')),
    );
    expect(secrets[0]).toHaveLength(32);
    for (const secret of secrets) expect(secret).toEqual(secrets[0]);
  });

  test('a value that is set replaces the one before', async () => {
    const store = new GatewaySettingsStore(held.database);
    expect(await store.get('absent')).toBeNull();
    await store.set('value', new Uint8Array([1, 2, 255]));
    await store.set('value', new Uint8Array([0]));
    expect(await store.get('value')).toEqual(new Uint8Array([0]));
  });
});

const onPostgres = postgresUrl === null ? describe.skip : describe;

onPostgres('two replicas on one Postgres', () => {
  let held: TestDatabase;
  let other: DatabaseService;
  let here: ChangeBus;
  let there: ChangeBus;
  const heard: Change[] = [];

  beforeAll(async () => {
    held = await (testDatabases.find(({ kind }) => kind === 'postgres')?.create() ??
      Promise.reject(new Error()));
    other = new DatabaseService({ url: new Secret(held.url ?? ''), dataDir: '' }, silent);
    await other.onModuleInit();
    await other.whenReady(20_000);
    [here, there] = [new ChangeBus(held.database), new ChangeBus(other)];
    there.subscribe((change) => heard.push(change));
  });
  afterAll(async () => {
    await other.close();
    await held.close();
  });

  async function asServer(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: held.url ?? '' });
    await client.connect();
    await client.query(sql);
    await client.end();
  }

  test('a change is heard by the other within a second, in order and once', async () => {
    heard.length = 0;
    const published: Change[] = Array.from({ length: 50 }, (_, at) => ({ kind: 'key', id: `k${at}` }));
    await Promise.all(published.map((change) => here.publish(change)));
    await until(() => heard.length >= 50, 1_000);
    expect(heard).toEqual(published);
  });

  test('both at once: each hears the other and not itself', async () => {
    heard.length = 0;
    const heardHere: Change[] = [];
    const stop = here.subscribe((change) => heardHere.push(change));
    await Promise.all([here.publish({ kind: 'key', id: 'h' }), there.publish({ kind: 'key', id: 't' })]);
    await until(() => heard.length >= 2 && heardHere.length >= 2);
    stop();
    const ids = (changes: Change[]) => changes.map(({ id }) => id).sort();
    expect(ids(heard)).toEqual(['h', 't']);
    expect(ids(heardHere)).toEqual(['h', 't']);
  });

  test('a notification that got lost heals itself', async () => {
    heard.length = 0;
    await asServer('update change_counters set value = value + 1');
    await until(() => heard.length > 0, 30_000);
    expect(heard).toEqual([{ kind: 'everything', id: '' }]);
    await here.publish({ kind: 'key', id: 'next' });
    await until(() => heard.length > 1);
    expect(heard.at(-1)).toEqual({ kind: 'key', id: 'next' });
  });

  test('after a lost connection everything is in doubt, and changes are heard again', async () => {
    heard.length = 0;
    await asServer(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    await until(() => heard.length > 0);
    expect(heard[0]).toEqual({ kind: 'everything', id: '' });
    await until(() => held.database.state === 'ready' && other.state === 'ready');
    await here.publish({ kind: 'user', id: 'again' });
    await until(() => heard.at(-1)?.id === 'again');
  });

  test('anybody may notify; only what reads as a change is one', async () => {
    heard.length = 0;
    for (const payload of ['', 'x', '[]', '[1]', '{"a":1}', '["a","b","c","d"]', '[1.5,"b","key","d"]']) {
      await asServer(`notify toolgate_change, '${payload}'`);
    }
    await here.publish({ kind: 'key', id: 'real' });
    await until(() => heard.some(({ id }) => id === 'real'));
    expect(heard).toEqual([{ kind: 'key', id: 'real' }]);
  });
});

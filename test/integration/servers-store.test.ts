import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import type { GatewayConfig } from '../../src/config/gateway-config.js';
import { Secret } from '../../src/core/secret.js';
import { KeyringService } from '../../src/upstream-registry/stored/keyring.service.js';
import type { StoredServerFields } from '../../src/upstream-registry/stored/stored-server.js';
import { StoredServerStore } from '../../src/upstream-registry/stored/stored-server.store.js';
import { testDatabases, type TestDatabase } from '../support/database.js';

const fields: StoredServerFields = {
  name: 'Remote',
  description: null,
  transport: 'http',
  authType: 'bearer_token',
  secrets: {
    url: new Secret('https://example.com/path-secret/mcp'),
    authValue: new Secret('auth-secret'),
    staticHeaders: { 'X-Key': new Secret('header-secret') },
  },
  extraHeaders: ['x-a'],
  allowedTools: null,
  disallowedTools: ['rm'],
  accessGroups: ['ops'],
  info: { a: 1 },
  timeoutMs: 5,
  idleTimeoutMs: 4,
  connectTimeoutMs: 3,
  maxConcurrentRequests: null,
  session: 'auto',
  pin: false,
};

describe.each(testDatabases)('stored servers on $kind', ({ create }) => {
  let database: TestDatabase;
  let folder: string;

  beforeAll(async () => {
    database = await create();
    folder = await mkdtemp(join(tmpdir(), 'toolgate-keys-'));
  });
  beforeEach(() => database.clear());
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  const store = (saltKey: string | null): StoredServerStore => {
    const config = { saltKey: saltKey === null ? null : new Secret(saltKey), database: { dataDir: folder } };
    return new StoredServerStore(database.database, new KeyringService(config as unknown as GatewayConfig));
  };
  const revealed = (secrets: StoredServerFields['secrets'] | undefined): unknown =>
    secrets == null
      ? null
      : [
          secrets.url.reveal(),
          secrets.authValue?.reveal(),
          Object.entries(secrets.staticHeaders).map(([name, value]) => [name, value.reveal()]),
        ];
  const whole = ['https://example.com/path-secret/mcp', 'auth-secret', [['X-Key', 'header-secret']]];

  it('come back as they were written, and no secret stands in the row', async () => {
    await store('key').insert('a', fields, 'me');
    const [server] = await store('key').all();
    expect(server).toMatchObject({ ...fields, secrets: expect.anything(), id: 'a', createdBy: 'me' });
    expect(server?.origin).toBe('https://example.com');
    expect(revealed(server?.secrets)).toEqual(whole);
    const rows = await database.database.run((prisma) => prisma.mcpServer.findMany());
    const bytes = rows.map(({ credentials, staticHeaders }) =>
      [credentials, staticHeaders].map((part) => Buffer.from(part ?? []).toString('latin1')).join(),
    );
    expect(JSON.stringify(rows) + bytes.join()).not.toMatch(/path-secret|auth-secret|header-secret/);
  });

  it('are there without their secrets for a gateway with another key, which loses none of them', async () => {
    await store('key').insert('a', fields, 'me');
    const [stranger] = await store('other').all();
    expect(stranger).toMatchObject({ id: 'a', name: 'Remote', secrets: null, origin: 'https://example.com' });
    await store('other').update('a', 'them', (current) => ({ ...current, description: 'seen' }));
    const [server] = await store('key').all();
    expect(server?.description).toBe('seen');
    expect(revealed(server?.secrets)).toEqual(whole);
  });

  it('are sealed anew with a new key while the old one is still named', async () => {
    const written = await store('old').insert('a', fields, 'me');
    expect(revealed((await store('new, old').all())[0]?.secrets)).toEqual(whole);
    const [rotated] = await store('new').all();
    expect(revealed(rotated?.secrets)).toEqual(whole);
    expect(rotated?.updatedAt).toEqual(written?.updatedAt);
    expect((await store('old').all())[0]?.secrets).toBeNull();
  });

  it('share one key of the data folder, made once', async () => {
    await Promise.all([store(null).insert('a', fields, 'me'), store(null).all()]);
    const key = await readFile(join(folder, 'salt.key'), 'utf8');
    expect(revealed((await store(null).all())[0]?.secrets)).toEqual(whole);
    expect(await readFile(join(folder, 'salt.key'), 'utf8')).toBe(key);
    expect(revealed((await store(key).all())[0]?.secrets)).toEqual(whole);
  });

  it('never take the name or the id of another', async () => {
    expect(await store('key').insert('a', fields, 'me')).not.toBeNull();
    expect(await store('key').insert('b', { ...fields, name: 'REMOTE' }, 'me')).toBeNull();
    expect(await store('key').insert('a', { ...fields, name: 'second' }, 'me')).toBeNull();
    await store('key').insert('b', { ...fields, name: 'second' }, 'me');
    const rename = await store('key').update('b', 'me', (current) => ({ ...current, name: 'remote' }));
    expect(rename).toBe('taken');
    expect(await store('key').update('c', 'me', (current) => current)).toBeNull();
  });

  it('lose no field when one is changed by several at once', async () => {
    const one = store('key');
    await one.insert('a', fields, 'me');
    await Promise.all([
      one.update('a', 'me', (current) => ({ ...current, description: 'text' })),
      one.update('a', 'me', (current) => ({ ...current, timeoutMs: 9 })),
      one.update('a', 'me', (current) => ({ ...current, allowedTools: [] })),
      one.update('a', 'me', (current) => ({ ...current, pin: true })),
    ]);
    expect((await one.all())[0]).toMatchObject({
      description: 'text',
      timeoutMs: 9,
      allowedTools: [],
      pin: true,
    });
  });
});

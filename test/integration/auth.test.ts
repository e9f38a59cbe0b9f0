import { Socket } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { Authenticator } from '../../src/auth/authenticator.service.js';
import { MasterKeyService } from '../../src/auth/master-key.service.js';
import type { Principal } from '../../src/core/principal.js';
import type { DatabaseService } from '../../src/database/database.service.js';
import { masterKey, startAdminApp, type AdminApp, type AnswerBody } from '../support/admin-app.js';
import { testDatabases, type TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

/** One connection for all: of each request only what it says itself may count. */
const socket = new Socket();
const bearer = (key: string) => ({ socket, headers: { authorization: `Bearer ${key}` } });

describe.each(testDatabases)('authentication on $kind', ({ create }) => {
  let database: TestDatabase;
  let admin: AdminApp;
  let authenticator: Authenticator;
  let statements = 0;

  beforeAll(async () => {
    database = await create();
    admin = await startAdminApp(counting(database.database, () => statements++));
    authenticator = admin.app.get(Authenticator);
  });
  beforeEach(() => database.clear());
  afterAll(async () => {
    await admin.close();
    await database.close();
  });

  const make = async (path: string, body: object): Promise<AnswerBody> => {
    const answer = await admin.post(path, body);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.body.error.message}`);
    return answer.body;
  };

  const statementsOf = async (work: () => unknown): Promise<number> => {
    statements = 0;
    await work();
    return statements;
  };

  describe('of a known key', () => {
    it('asks the database once when cold, and not at all when warm', async () => {
      const { organization_id } = await make('/organization/new', { organization_alias: 'o' });
      const { team_id } = await make('/team/new', { organization_id });
      const { user_id } = await make('/user/new', { auto_create_key: false });
      const { key } = await make('/key/generate', { team_id, user_id });
      expect(await statementsOf(() => authenticator.authenticate(bearer(key)))).toBe(1);
      const principal = authenticator.authenticate(bearer(key));
      expect(principal).not.toBeInstanceOf(Promise);
      expect(principal).toMatchObject({ teamId: team_id, userId: user_id, organizationId: organization_id });
      expect(await statementsOf(() => authenticator.authenticate(bearer(key)))).toBe(0);
      expect(authenticator.authenticate(bearer(key))).toBe(principal);
    });

    it('asks once for all who come at the same time', async () => {
      const { key } = await make('/key/generate', {});
      const asking = () =>
        Promise.all(Array.from({ length: 100 }, async () => authenticator.authenticate(bearer(key))));
      expect(await statementsOf(asking)).toBe(1);
    });

    it('compiles every level', async () => {
      const { organization_id } = await make('/organization/new', {
        organization_alias: 'o',
        models: ['a', 'b'],
        rpm_limit: 1,
        object_permission: { mcp_servers: ['github'] },
      });
      const { team_id } = await make('/team/new', {
        organization_id,
        team_alias: 'payments',
        mcp_calls_per_day: 200,
      });
      const { user_id } = await make('/user/new', { auto_create_key: false, models: ['a'] });
      const issued = await make('/key/generate', {
        ...{ team_id, user_id, max_budget: 2.5, budget_duration: '30d', mcp_rpm_limit: { github: 3 } },
        object_permission: { mcp_denied_tools: ['x'] },
      });
      const principal = await authenticator.authenticate(bearer(issued.key));
      expect(principal.policy.levels).toEqual([
        { kind: 'organization', id: organization_id, permission: { mcp_servers: ['github'] } },
        { kind: 'team', id: team_id, permission: null },
        { kind: 'user', id: user_id, permission: null },
        { kind: 'key', id: issued.key_id, permission: { mcp_denied_tools: ['x'] } },
      ]);
      expect(principal.limits).toEqual([
        { kind: 'organization', id: organization_id, label: 'organization o', limits: { rpmLimit: 1 } },
        { kind: 'team', id: team_id, label: 'team payments', limits: { mcpCallsPerDay: 200 } },
        {
          ...{ kind: 'key', id: issued.key_id, label: `key ${issued.key_id}` },
          limits: {
            maxBudget: 2.5,
            budgetDuration: '30d',
            budgetResetAtMs: expect.any(Number),
            mcpRpmLimit: { github: 3 },
          },
        },
      ]);
      expect(principal.modelAllowLists).toEqual([['a', 'b'], ['a']]);
      expect(principal.role).toBe('internal_user');
    });
  });

  describe('of an unknown key', () => {
    it('asks once, whatever the flood', async () => {
      const flood = () =>
        Promise.allSettled(
          Array.from({ length: 50 }, async () => authenticator.authenticate(bearer('sk-unknown'))),
        );
      expect(await statementsOf(flood)).toBe(1);
      expect(
        await statementsOf(() => expect(() => authenticator.authenticate(bearer('sk-unknown'))).toThrow()),
      ).toBe(0);
    });

    it('finds a key that is issued right after it was asked for', async () => {
      await expect(authenticator.authenticate(bearer('sk-chosen-later'))).rejects.toMatchObject({
        code: 'UNKNOWN_KEY',
      });
      await make('/key/generate', { key: 'sk-chosen-later' });
      expect((await authenticator.authenticate(bearer('sk-chosen-later'))).kind).toBe('virtual_key');
    });

    it.each<[string, Record<string, string>, string]>([
      ['no header', {}, 'missing_api_key'],
      ['an empty one', { authorization: '' }, 'missing_api_key'],
      ['no key after the scheme', { authorization: 'Bearer ' }, 'malformed_api_key'],
      ['another scheme', { authorization: 'Basic c2stYTpi' }, 'malformed_api_key'],
      ['no sk-', { authorization: 'Bearer hunter2' }, 'malformed_api_key'],
      ['a blank in it', { authorization: 'Bearer sk-a b' }, 'malformed_api_key'],
      ['two keys', { 'x-api-key': 'sk-a, sk-b' }, 'malformed_api_key'],
      ['a key beyond measure', { 'x-api-key': `sk-${'a'.repeat(600)}` }, 'malformed_api_key'],
      ['an unknown one', { authorization: 'Bearer sk-nobody' }, 'invalid_api_key'],
      [
        'an unknown one that wins',
        { 'x-litellm-api-key': 'sk-nobody', authorization: `Bearer ${masterKey}` },
        'invalid_api_key',
      ],
    ])('answers 401 to %s', async (_what, headers, code) => {
      const response = await fetch(`${admin.url}/key/list`, { headers });
      const body = (await response.json()) as AnswerBody;
      expect([response.status, body.error.code]).toEqual([401, code]);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      for (const value of Object.values(headers)) {
        if (value.length > 8) expect(JSON.stringify(body)).not.toContain(value.slice(-8));
      }
    });

    it('takes no key from the URL', async () => {
      for (const name of ['key', 'api_key', 'authorization', 'x-api-key']) {
        expect((await fetch(`${admin.url}/key/list?${name}=${masterKey}`)).status).toBe(401);
      }
    });
  });

  describe('watching', () => {
    interface Told {
      readonly next: Principal | null;
      readonly reason: string;
    }

    const watched = async (key: string) => {
      const told: Told[] = [];
      const principal = await authenticator.authenticate(bearer(key));
      const stop = authenticator.watch(principal, (next, reason) => told.push({ next, reason }));
      const within = async (ms: number): Promise<Told> => {
        const end = Date.now() + ms;
        while (told.length === 0) {
          if (Date.now() > end) throw new Error(`nothing was told within ${ms} ms`);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        return told[0] as Told;
      };
      return { told, stop, within };
    };

    /** A key under a user, team and organization, and what is told when `change` is carried out. */
    const afterwards = async (change: (ids: AnswerBody) => Promise<unknown>): Promise<Told> => {
      const { organization_id } = await make('/organization/new', { organization_alias: 'o' });
      const { team_id } = await make('/team/new', { organization_id });
      const { user_id } = await make('/user/new', { teams: [team_id], auto_create_key: false });
      const issued = await make('/key/generate', { team_id, user_id });
      const watch = await watched(issued.key);
      await change(issued);
      const told = await watch.within(1_000);
      watch.stop();
      return told;
    };

    it.each<[string, string, (ids: AnswerBody) => Promise<unknown>]>([
      ['the key is blocked', 'blocked', ({ key_id }) => make('/key/block', { key: key_id })],
      ['the key is deleted', 'deleted', ({ key_id }) => make('/key/delete', { keys: [key_id] })],
      ['the secret is replaced', 'deleted', ({ key_id }) => make('/key/regenerate', { key: key_id })],
      ['the key expires', 'expired', ({ key_id }) => make('/key/update', { key: key_id, duration: '1s' })],
      ['the team is blocked', 'blocked', ({ team_id }) => make('/team/block', { team_id })],
      ['the team is deleted', 'deleted', ({ team_id }) => make('/team/delete', { team_ids: [team_id] })],
      [
        'the user leaves the team',
        'deleted',
        ({ team_id, user_id }) => make('/team/member_delete', { team_id, user_id }),
      ],
      ['the user is blocked', 'blocked', ({ user_id }) => make('/user/update', { user_id, blocked: true })],
      ['the user is deleted', 'deleted', ({ user_id }) => make('/user/delete', { user_ids: [user_id] })],
      [
        'the organization is blocked',
        'blocked',
        ({ organization_id }) => make('/organization/update', { organization_id, blocked: true }),
      ],
      [
        'the organization is deleted',
        'deleted',
        ({ organization_id }) => make('/organization/delete', { organization_ids: [organization_id] }),
      ],
    ])('tells that it ended when %s', async (_what, reason, change) => {
      const told = await afterwards(async (ids) => {
        await change(ids);
        // An expiry is told when it comes, after the change itself.
        if (reason === 'expired') await new Promise((resolve) => setTimeout(resolve, 1_000));
      });
      if (reason === 'expired') expect(told.reason).toBe('changed');
      else expect(told).toEqual({ next: null, reason });
    });

    it('tells the end of a life that was long foreseen', async () => {
      const { key } = await make('/key/generate', { duration: '1s' });
      const watch = await watched(key);
      expect(await watch.within(2_000)).toEqual({ next: null, reason: 'expired' });
      expect(watch.told).toHaveLength(1);
    });

    it('tells the end of a grace period', async () => {
      const { key, key_id } = await make('/key/generate', {});
      const watch = await watched(key);
      await make('/key/regenerate', { key: key_id, grace_period: '1s' });
      expect((await watch.within(1_000)).reason).toBe('changed');
      await new Promise((resolve) => setTimeout(resolve, 1_300));
      expect(watch.told.at(-1)).toEqual({ next: null, reason: 'expired' });
    });

    it.each<[string, (ids: AnswerBody) => Promise<unknown>, object]>([
      [
        'the key is narrowed',
        ({ key_id }) => make('/key/update', { key: key_id, object_permission: { mcp_servers: [] } }),
        {
          policy: {
            levels: expect.arrayContaining([expect.objectContaining({ permission: { mcp_servers: [] } })]),
          },
        },
      ],
      [
        'the key is moved',
        ({ key_id }) => make('/key/update', { key: key_id, team_id: null }),
        { teamId: null },
      ],
      [
        'the role changes',
        ({ user_id }) => make('/user/update', { user_id, user_role: 'proxy_admin' }),
        { role: 'proxy_admin' },
      ],
      [
        'the team moves',
        ({ team_id }) => make('/team/update', { team_id, organization_id: null }),
        { organizationId: null },
      ],
      [
        'a limit of the organization changes',
        ({ organization_id }) => make('/organization/update', { organization_id, rpm_limit: 3 }),
        { limits: [expect.objectContaining({ limits: { rpmLimit: 3 } })] },
      ],
    ])('tells what it may from now on when %s', async (_what, change, expected) => {
      const told = await afterwards(change);
      expect(told.reason).toBe('changed');
      expect(told.next).toMatchObject(expected);
    });

    it('tells of a change between authentication and watching', async () => {
      const { key, key_id } = await make('/key/generate', {});
      const principal = await authenticator.authenticate(bearer(key));
      await make('/key/block', { key: key_id });
      const told: unknown[] = [];
      authenticator.watch(principal, (next, reason) => told.push([next, reason]));
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(told).toEqual([[null, 'blocked']]);
    });

    it('tells each listener once and those who stopped nothing', async () => {
      const { key, key_id } = await make('/key/generate', {});
      const [first, second, third] = [await watched(key), await watched(key), await watched(key)];
      third.stop();
      await make('/key/update', { key: key_id, metadata: { irrelevant: true } });
      await make('/key/block', { key: key_id });
      await first.within(1_000);
      expect([first.told.length, second.told.length, third.told.length]).toEqual([1, 1, 0]);
    });

    it('tells of every secret that changed or ended, watched or not', async () => {
      const told: [reason: string, isOld: boolean, isNew: boolean][] = [];
      const { key, key_id } = await make('/key/generate', {});
      const rotated = await make(`/key/${key_id}/regenerate`, { grace_period: '1h' });
      const old = await authenticator.authenticate(bearer(key));
      const young = await authenticator.authenticate(bearer(rotated.key));
      const stop = authenticator.onChange(({ keyId, reason, concerns }) => {
        if (keyId === key_id) told.push([reason, concerns(old), concerns(young)]);
      });
      await make('/key/update', { key: key_id, rpm_limit: 5 });
      await until(() => told.length === 2, 1_000);
      await make(`/key/${key_id}/regenerate`, {});
      await until(() => told.length === 4, 1_000);
      stop();
      expect(told.sort()).toEqual([
        ['changed', false, true],
        ['changed', true, false],
        ['deleted', false, true],
        ['deleted', true, false],
      ]);
    });

    it('has nothing to tell of the master key', () => {
      const principal = authenticator.authenticate(bearer(masterKey)) as Principal;
      expect(() => authenticator.watch(principal, () => undefined)()).not.toThrow();
    });
  });

  describe('the master key', () => {
    it('is an administrator that nothing restricts', async () => {
      const principal = await authenticator.authenticate({
        socket,
        headers: { 'x-litellm-api-key': `bearer ${masterKey}` },
      });
      expect(principal).toMatchObject({
        kind: 'master_key',
        role: 'proxy_admin',
        limits: [],
        allowedRoutes: null,
      });
      expect(principal.policy.unrestricted).toBe(true);
    });

    it('is generated at the first start, shown once, and kept as a hash', async () => {
      const first = await startAdminApp(database.database, { masterKey: null });
      await first.app.get(MasterKeyService).whenKnown();
      const generated = first.app.get(MasterKeyService).generatedNow();
      expect(first.app.get(MasterKeyService).generatedNow()).toBeNull();
      const key = generated?.reveal() ?? '';
      expect(key).toMatch(/^sk-[A-Za-z0-9_-]{32}$/);
      expect((await first.get('/key/list', key)).status).toBe(200);
      await first.close();

      const settings = await database.database.run((prisma) => prisma.gatewaySetting.findMany());
      expect(settings.map(({ value }) => Buffer.from(value).toString())).not.toContain(key);

      const second = await startAdminApp(database.database, { masterKey: null });
      expect((await second.get('/key/list', key)).status).toBe(200);
      expect(second.app.get(MasterKeyService).generatedNow()).toBeNull();
      await second.close();
      // A configured one replaces it.
      expect((await admin.get('/key/list', key)).status).toBe(401);
    });
  });
});

/** The same database, telling of every run. */
function counting(database: DatabaseService, onRun: () => void): DatabaseService {
  return new Proxy(database, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const bound = value.bind(target) as (...args: unknown[]) => unknown;
      if (name !== 'run') return bound;
      return (...args: unknown[]) => {
        onRun();
        return bound(...args);
      };
    },
  });
}

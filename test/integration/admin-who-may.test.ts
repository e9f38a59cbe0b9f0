import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

import type { Role } from '../../src/core/principal.js';
import { hashVirtualKey } from '../../src/core/virtual-key.js';
import { startAdminApp, type AdminApp, type Answer } from '../support/admin-app.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { callers, whoMayCases, type CallerName, type WhoMayCase } from './admin-who-may.cases.js';

/** Ids that a case's placeholders stand for. */
type World = Readonly<
  Record<'key' | 'team' | 'user' | 'organization' | 'new' | 'toolset' | 'fresh', string>
> & {
  readonly secrets: Readonly<Record<CallerName, string>>;
};

describe('who may do what', () => {
  let database: TestDatabase;
  let admin: AdminApp;

  beforeAll(async () => {
    database = await createTestDatabase();
    admin = await startAdminApp(database.database);
  });
  afterAll(async () => {
    await admin.close();
    await database.close();
  });

  /** A world of its own for every case: most of them change it. Written at once, which is quicker than asking for it. */
  async function makeWorld(): Promise<World> {
    const run = randomUUID();
    const id = (name: string): string => `${name}-${run}`;
    const organization = id('organization');
    const team = id('team');
    const secrets = Object.fromEntries(
      callers.map((caller) => [caller, `sk-${caller}-${run}`]),
    ) as World['secrets'];
    const users = [
      ...callers
        .filter((caller) => caller !== 'service')
        .map((caller) => ({ id: id(caller), role: roleOf(caller) })),
      { id: id('new'), role: 'internal_user' as const },
    ];
    const inOrganization = { member: 'user', viewer: 'user', new: 'user', org_admin: 'admin' } as const;
    const inTeam = { member: 'user', viewer: 'user', team_admin: 'admin' } as const;
    const keys = [
      ...callers.map((caller) => ({
        id: id(`key-${caller}`),
        hash: hashVirtualKey(secrets[caller]),
        ...(caller === 'service' ? { teamId: team } : { userId: id(caller) }),
      })),
      { id: id('key'), hash: id('hash'), teamId: team, userId: id('member') },
    ];
    await database.database.run(async (prisma) => {
      await prisma.organization.create({ data: { id: organization, alias: 'G', maxBudget: 1_000 } });
      await prisma.team.create({ data: { id: team, organizationId: organization, rpmLimit: 100 } });
      await prisma.user.createMany({ data: users });
      await prisma.user.update({ where: { id: id('member') }, data: { maxBudget: 10 } });
      await prisma.organizationMembership.createMany({
        data: Object.entries(inOrganization).map(([name, role]) => ({
          organizationId: organization,
          userId: id(name),
          role,
        })),
      });
      await prisma.teamMembership.createMany({
        data: Object.entries(inTeam).map(([name, role]) => ({ teamId: team, userId: id(name), role })),
      });
      await prisma.virtualKey.createMany({ data: keys.map((key) => ({ ...key, name: 'sk-...test' })) });
    });
    const toolset = await database.database.run((prisma) =>
      prisma.toolset.create({
        data: {
          ...{ id: id('toolset'), name: id('toolset'), nameNormalized: id('toolset') },
          tools: [{ server_id: 'github', tool_name: 'search' }],
        },
      }),
    );
    const ids = {
      organization,
      team,
      key: id('key'),
      user: id('member'),
      new: id('new'),
      toolset: toolset.id,
    };
    return { ...ids, fresh: `fresh-${run}`, secrets };
  }

  const filled = (text: string, world: World): string =>
    text.replaceAll(
      /\{(key|team|user|organization|new|toolset|fresh)\}/g,
      (_, name: keyof Omit<World, 'secrets'>) => world[name],
    );

  const ask = (world: World, caller: CallerName, { route, query, body }: WhoMayCase) => {
    const [method = '', path = ''] = filled(route, world).split(' ');
    const search = query === undefined ? '' : `?${filled(query, world)}`;
    const payload = body === undefined ? undefined : filled(JSON.stringify(body), world);
    return admin.request(method, path + search, payload, world.secrets[caller]);
  };

  const isReading = ({ route }: WhoMayCase): boolean => route.startsWith('GET ');

  it.each(whoMayCases.map((one) => [`${one.route}: ${one.what}`, one] as const))(
    '%s',
    async (_name, one) => {
      let world = await makeWorld();
      const statuses: Record<string, number> = {};
      for (const caller of callers) {
        const answer = await ask(world, caller, one);
        statuses[caller] = answer.status;
        // Whoever succeeded in changing something leaves the next caller a world of its own.
        if (answer.status < 300 && !isReading(one)) world = await makeWorld();
      }
      const expected = Object.fromEntries(callers.map((caller, at) => [caller, one.expected[at]]));
      expect(statuses).toEqual(expected);
    },
    60_000,
  );

  it('has a case for every route', () => {
    const document = SwaggerModule.createDocument(admin.app, new DocumentBuilder().build());
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const covered = new Set(whoMayCases.map(({ route }) => route));
    expect(routes.filter((route) => !covered.has(route))).toEqual([]);
    expect(routes.length).toBeGreaterThan(30);
  });

  it('answers alike for what is foreign and what is not there', async () => {
    const world = await makeWorld();
    const run = jest.spyOn(database.database, 'run');
    // The trail is written beside the requests, with a time limit of its own.
    const asked = (): number => run.mock.calls.filter(([, options]) => options === undefined).length;
    const counted = async (send: () => Promise<Answer>) => {
      const before = asked();
      const { status, body } = await send();
      return { status, body, questions: asked() - before };
    };
    // Who asks is known by then.
    await ask(world, 'stranger', { route: 'GET /key/info', what: '', expected: [] });
    for (const one of whoMayCases) {
      if (one.expected[callers.indexOf('stranger')] !== 404) continue;
      const nowhere: World = {
        ...world,
        ...{
          key: 'key_ffffffffffffffffffffffff',
          team: 'no-team',
          user: 'no-user',
          organization: 'no-organization',
        },
      };
      const foreign = await counted(() => ask(world, 'stranger', one));
      const unknown = await counted(() => ask(nowhere, 'stranger', one));
      // As many questions to the database, too: how long an answer takes tells nothing.
      expect({ route: one.route, ...unknown }).toEqual({ route: one.route, ...foreign });
    }
  });
});

function roleOf(caller: CallerName): Role {
  if (caller === 'proxy_admin') return 'proxy_admin';
  if (caller === 'proxy_viewer') return 'proxy_admin_viewer';
  return caller === 'viewer' ? 'internal_user_viewer' : 'internal_user';
}

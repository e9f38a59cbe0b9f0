import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { Secret } from '../../src/core/secret.js';
import { DatabaseService } from '../../src/database/database.service.js';
import { readMigrations } from '../../src/database/migrations.js';
import { createEmptyPostgres, postgresUrl, silent, testDatabases } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';

describe.each(testDatabases)('migrations on $kind', ({ create }) => {
  let held: TestDatabase;
  beforeAll(async () => void (held = await create()));
  afterAll(() => held.close());

  test('leave the table that prisma migrate knows, with the checksum of every script', async () => {
    const rows = await held.database.prisma.$queryRaw<{ migration_name: string; checksum: string }[]>`
      select migration_name, checksum from _prisma_migrations where finished_at is not null order by 1`;
    const expected = (await readMigrations()).map(({ name, checksum }) => ({
      migration_name: name,
      checksum,
    }));
    expect(rows).toEqual(expected);
  });

  test('make every model of the schema usable', async () => {
    const { prisma } = held.database;
    await prisma.organization.create({ data: { id: 'o', alias: 'Org' } });
    await prisma.team.create({ data: { id: 't', organizationId: 'o' } });
    await prisma.user.create({ data: { id: 'u', teams: { create: { teamId: 't', role: 'admin' } } } });
    const expiresAt = new Date('2031-05-06T07:08:09.010Z');
    await prisma.virtualKey.create({
      data: {
        id: 'k',
        hash: 'ab',
        name: 'sk-...abcd',
        teamId: 't',
        userId: 'u',
        expiresAt,
        models: ['a', 'b'],
      },
    });
    const key = await prisma.virtualKey.findUniqueOrThrow({
      where: { hash: 'ab' },
      include: { team: { include: { organization: true } }, user: true },
    });
    expect(key.expiresAt).toEqual(expiresAt);
    expect(key.models).toEqual(['a', 'b']);
    expect(key.team?.organization?.alias).toBe('Org');
  });

  test('end the keys of a team that is deleted', async () => {
    const { prisma } = held.database;
    await prisma.team.create({ data: { id: 'gone' } });
    await prisma.virtualKey.create({ data: { id: 'k2', hash: 'cd', name: 'sk-...1234', teamId: 'gone' } });
    await prisma.team.delete({ where: { id: 'gone' } });
    expect(await prisma.virtualKey.findUnique({ where: { id: 'k2' } })).toBeNull();
  });

  test('a transaction that fails leaves nothing', async () => {
    const { prisma } = held.database;
    const failing = prisma.$transaction(async (transaction) => {
      await transaction.organization.create({ data: { id: 'never', alias: 'Never' } });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await prisma.organization.count({ where: { id: 'never' } })).toBe(0);
  });
});

const onPostgres = postgresUrl === null ? describe.skip : describe;

onPostgres('migrations on an empty Postgres', () => {
  test('four replicas that start at once apply them once', async () => {
    const { url, drop } = await createEmptyPostgres();
    const replicas = Array.from(
      { length: 4 },
      () => new DatabaseService({ url: new Secret(url), dataDir: '' }, silent),
    );
    try {
      await Promise.all(replicas.map((replica) => replica.onModuleInit()));
      expect(await Promise.all(replicas.map((replica) => replica.whenReady(20_000)))).toEqual([
        true,
        true,
        true,
        true,
      ]);
      const rows = await replicas[0]?.run(
        (prisma) => prisma.$queryRaw<unknown[]>`select 1 from _prisma_migrations`,
      );
      expect(rows).toHaveLength((await readMigrations()).length);
    } finally {
      await Promise.all(replicas.map((replica) => replica.close()));
      await drop();
    }
  });

  test('live in the schema that the address names', async () => {
    const { url, drop } = await createEmptyPostgres();
    const database = new DatabaseService({ url: new Secret(`${url}?schema=tool-gate`), dataDir: '' }, silent);
    try {
      await database.onModuleInit();
      expect(await database.whenReady(20_000)).toBe(true);
      await database.prisma.gatewaySetting.create({ data: { name: 'a', value: new Uint8Array([1]) } });
      const rows = await database.prisma.$queryRaw`
        select table_schema as schema from information_schema.tables where table_name = 'gateway_settings'`;
      expect(rows).toEqual([{ schema: 'tool-gate' }]);
    } finally {
      await database.close();
      await drop();
    }
  });

  test('a migration that was cut short is run again', async () => {
    const { url, drop } = await createEmptyPostgres();
    const first = new DatabaseService({ url: new Secret(url), dataDir: '' }, silent);
    const second = new DatabaseService({ url: new Secret(url), dataDir: '' }, silent);
    try {
      await first.onModuleInit();
      expect(await first.whenReady(20_000)).toBe(true);
      await first.prisma
        .$executeRaw`update _prisma_migrations set finished_at = null, applied_steps_count = 0`;
      const tables = await first.prisma.$queryRaw<{ name: string }[]>`
        select tablename as name from pg_tables where schemaname = 'public' and tablename <> '_prisma_migrations'`;
      for (const { name } of tables) await first.prisma.$executeRawUnsafe(`drop table "${name}" cascade`);
      await first.prisma.$executeRawUnsafe('drop type user_role, membership_role');
      await second.onModuleInit();
      expect(await second.whenReady(20_000)).toBe(true);
      expect(await second.prisma.virtualKey.count()).toBe(0);
    } finally {
      await first.close();
      await second.close();
      await drop();
    }
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';

import { UsageQuery, type UsageVisibility } from '../../src/limits/usage-query.store.js';
import { UsageService } from '../../src/limits/usage.service.js';
import { UsageStore } from '../../src/limits/usage.store.js';
import type { UsageSubject } from '../../src/limits/usage.js';
import { testDatabases, type TestDatabase } from '../support/database.js';

const monday = Date.parse('2026-11-23T23:59:59Z');
const tuesday = Date.parse('2026-11-24T00:00:00Z');
const all: UsageVisibility = { kind: 'all' };
const nobody = { kind: 'some', keyIds: [], userIds: [], teamIds: [], organizationIds: [] } as const;
const page = { number: 1, size: 100 };

function subject(keyId: string, teamId: string | null = null, userId: string | null = null): UsageSubject {
  return { keyId, userId, teamId, organizationId: teamId === null ? null : 'org' };
}

describe.each(testDatabases)('usage on $kind', (databases) => {
  let held: TestDatabase;
  let store: UsageStore;
  let usage: UsageService;
  let query: UsageQuery;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    held = await databases.create();
    store = new UsageStore(held.database);
    query = new UsageQuery(held.database);
  });
  beforeEach(async () => {
    await held.clear();
    usage = new UsageService(store, held.database);
  });
  afterAll(() => held.close());

  async function recordSome(): Promise<void> {
    const a = subject('key-a', 'team-1', 'user-1');
    usage.record(a, { upstream: 'github', tool: 'github__search', cost: 0.5 }, monday);
    usage.record(a, { upstream: 'github', tool: 'github__search', cost: 0.5, isFailed: true }, monday);
    usage.record(a, { model: 'gpt-4o', promptTokens: 100, completionTokens: 20, cost: 0.25 }, tuesday);
    usage.record(
      subject('key-b', 'team-2'),
      { model: 'gpt-4o', promptTokens: 7, completionTokens: 3 },
      tuesday,
    );
    usage.record(subject('key-c'), { upstream: 'files', tool: 'files__read' }, tuesday);
    await usage.flush();
  }

  it('adds up by day', async () => {
    await recordSome();
    const { rows, total } = await query.read({}, ['day'], all, page);
    expect(rows).toEqual([
      { day: '2026-11-24', calls: 3, failed_calls: 0, prompt_tokens: 107, completion_tokens: 23, cost: 0.25 },
      { day: '2026-11-23', calls: 2, failed_calls: 1, prompt_tokens: 0, completion_tokens: 0, cost: 1 },
    ]);
    expect(total).toEqual({
      calls: 5,
      failed_calls: 1,
      prompt_tokens: 107,
      completion_tokens: 23,
      cost: 1.25,
    });
  });

  it('adds up by what is asked for, and pages', async () => {
    await recordSome();
    const { rows } = await query.read({}, ['key', 'model'], all, page);
    expect(rows.map(({ key_id, model, calls }) => [key_id, model, calls])).toEqual([
      ['key-a', null, 2],
      ['key-a', 'gpt-4o', 1],
      ['key-b', 'gpt-4o', 1],
      ['key-c', null, 1],
    ]);
    const second = await query.read({}, ['key', 'model'], all, { number: 2, size: 3 });
    expect(second.rows.map(({ key_id }) => key_id)).toEqual(['key-c']);
    expect(second.total.calls).toBe(5);
    const teams = await query.read({}, ['team', 'organization', 'user', 'upstream', 'tool'], all, page);
    expect(teams.rows[0]).toMatchObject({
      team_id: null,
      organization_id: null,
      user_id: null,
      upstream: 'files',
    });
  });

  it('finds by day and by name', async () => {
    await recordSome();
    const sum = async (filter: Parameters<UsageQuery['read']>[0]): Promise<number> =>
      (await query.read(filter, ['day'], all, page)).total.calls;
    expect(await sum({ since: new Date('2026-11-24T15:00:00Z') })).toBe(3);
    expect(await sum({ until: new Date('2026-11-23T00:00:00Z') })).toBe(2);
    expect(await sum({ keyId: 'key-a' })).toBe(3);
    expect(await sum({ keyId: 'key-a', model: 'gpt-4o' })).toBe(1);
    expect(await sum({ tool: 'files__read' })).toBe(1);
    expect(await sum({ upstream: 'github', userId: 'user-1', teamId: 'team-1', organizationId: 'org' })).toBe(
      2,
    );
    expect(await sum({ keyId: `' OR true --` })).toBe(0);
  });

  it('shows only what the asking one may see, and no filter widens it', async () => {
    await recordSome();
    const keys = async (visibility: UsageVisibility, filter = {}): Promise<unknown[]> =>
      (await query.read(filter, ['key'], visibility, page)).rows.map(({ key_id }) => key_id);
    expect(await keys(nobody)).toEqual([]);
    expect(await keys({ ...nobody, teamIds: ['team-2'] })).toEqual(['key-b']);
    expect(await keys({ ...nobody, userIds: ['user-1'], keyIds: ['key-c'] })).toEqual(['key-a', 'key-c']);
    expect(await keys({ ...nobody, organizationIds: ['org'] })).toEqual(['key-a', 'key-b']);
    expect(await keys({ ...nobody, teamIds: [''], userIds: [''] })).toEqual([]);
    expect(await keys({ ...nobody, teamIds: ['team-2'] }, { keyId: 'key-a' })).toEqual([]);
  });

  it('keeps the spend of key, user, team and organization, and nothing else of them changes', async () => {
    const { prisma } = held.database;
    await prisma.organization.create({ data: { id: 'org', alias: 'Org', spend: 1 } });
    await prisma.team.create({ data: { id: 'team-1', organizationId: 'org' } });
    await prisma.user.create({ data: { id: 'user-1' } });
    const key = await prisma.virtualKey.create({ data: { id: 'key-a', hash: 'h', name: 'sk-...abcd' } });
    await recordSome();
    await recordSome();
    const after = await prisma.virtualKey.findUniqueOrThrow({ where: { id: 'key-a' } });
    expect(after).toEqual({ ...key, spend: 2.5 });
    expect((await prisma.team.findUniqueOrThrow({ where: { id: 'team-1' } })).spend).toBe(2.5);
    expect((await prisma.user.findUniqueOrThrow({ where: { id: 'user-1' } })).spend).toBe(2.5);
    expect((await prisma.organization.findUniqueOrThrow({ where: { id: 'org' } })).spend).toBe(3.5);
    expect((await query.read({}, ['day'], all, page)).total.calls).toBe(10);
  });

  it('writes by itself, and what is left at the end', async () => {
    usage.record(subject('key-a'), { model: 'm' }, monday);
    const deadline = Date.now() + 5_000;
    while (usage.backlog > 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await usage.flush();
    usage.record(subject('key-a'), { model: 'm' }, monday);
    await usage.close();
    expect((await query.read({}, ['model'], all, page)).rows).toMatchObject([{ model: 'm', calls: 2 }]);
  });

  it('keeps what could not be written', async () => {
    await held.database.prisma.$executeRaw`ALTER TABLE usage_days RENAME TO usage_days_away`;
    try {
      usage.record(subject('key-a'), { model: 'm', cost: 1 }, monday);
      await expect(usage.flush()).rejects.toThrow();
      usage.record(subject('key-a'), { model: 'm', cost: 1 }, monday);
      usage.record(subject('key-b'), { model: 'm', cost: 1 }, monday);
      expect(usage.backlog).toBe(2);
    } finally {
      await held.database.prisma.$executeRaw`ALTER TABLE usage_days_away RENAME TO usage_days`;
    }
    await usage.flush();
    expect((await query.read({}, ['key'], all, page)).rows).toMatchObject([
      { key_id: 'key-a', calls: 2, cost: 2 },
      { key_id: 'key-b', calls: 1, cost: 1 },
    ]);
  });

  it('counts without names once there are too many to keep apart', async () => {
    for (let i = 0; i < 10_100; i += 1) usage.record(subject('key-a'), { model: `m-${i}` }, monday);
    expect(usage.backlog).toBe(10_001);
    await usage.flush();
    const { rows, total } = await query.read({}, ['model'], all, { number: 1, size: 1 });
    expect(total.calls).toBe(10_100);
    expect(rows).toMatchObject([{ model: null, calls: 100 }]);
  });
});

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { AuditQuery } from '../../src/audit/audit-query.service.js';
import { AuditRetention } from '../../src/audit/audit-retention.service.js';
import { AuditService } from '../../src/audit/audit.service.js';
import { AuditStore } from '../../src/audit/audit.store.js';
import type { AuditVisibility } from '../../src/audit/audit.store.js';
import type { AuditEntry } from '../../src/core/audit-entry.js';
import { GatewayError } from '../../src/core/errors.js';
import { DatabaseService } from '../../src/database/database.service.js';
import { silent, testDatabases } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';
import { until } from '../support/until.js';

const all: AuditVisibility = { kind: 'all' };
const nobody = { kind: 'some', keyIds: [], userIds: [], teamIds: [], organizationIds: [] } as const;
const start = Date.parse('2026-11-20T00:00:00.000Z');

function entry(over: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: new Date(),
    requestId: 'request',
    keyId: 'key-1',
    userId: null,
    teamId: null,
    organizationId: null,
    sessionId: 'session',
    method: 'tools/call',
    tool: 'demo__add',
    upstream: 'demo',
    decision: 'allowed',
    outcome: 'success',
    errorCode: null,
    durationMs: 12.345,
    upstreamDurationMs: 11.5,
    requestBytes: 10,
    responseBytes: 200,
    ...over,
  };
}

describe.each(testDatabases)('the audit trail on $kind', ({ create }) => {
  let held: TestDatabase;
  let dataDir: string;
  let audit: AuditService;
  let query: AuditQuery;
  let settings = { logArguments: true, retentionDays: 0 };

  beforeAll(async () => {
    held = await create();
    query = new AuditQuery(new AuditStore(held.database));
  });
  afterAll(() => held.close());
  beforeEach(async () => {
    settings = { logArguments: true, retentionDays: 0 };
    dataDir = await mkdtemp(join(tmpdir(), 'toolgate-audit-'));
    await held.clear();
    audit = new AuditService(held.database, dataDir, () => settings, silent);
  });
  afterEach(async () => {
    await audit.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const page = (over: Partial<Parameters<AuditQuery['page']>[0]> = {}, visibility: AuditVisibility = all) =>
    query.page({ limit: 100, ...over }, visibility);

  test('gives back what was recorded, without a secret', async () => {
    const at = new Date('2026-11-23T10:11:12.013Z');
    audit.record(
      entry({
        at,
        arguments: '{"path":"/etc","password":"hunter2"}',
        target: { type: 'key', id: 'key-9' },
        before: { blocked: false },
        after: { blocked: true, metadata: { api_key: 'sk-abcdefghijkl' } },
      }),
    );
    await audit.flush();
    const { data, next_cursor } = await page();
    expect(next_cursor).toBeNull();
    expect(data).toEqual([
      {
        id: expect.any(String),
        time: '2026-11-23T10:11:12.013Z',
        request_id: 'request',
        key_id: 'key-1',
        user_id: null,
        team_id: null,
        organization_id: null,
        session_id: 'session',
        method: 'tools/call',
        tool: 'demo__add',
        upstream: 'demo',
        decision: 'allowed',
        outcome: 'success',
        error_code: null,
        duration_ms: expect.closeTo(12.345, 3),
        upstream_duration_ms: 11.5,
        request_bytes: 10,
        response_bytes: 200,
        arguments: { path: '/etc', password: '[redacted]' },
        target: { type: 'key', id: 'key-9' },
        before: { blocked: false },
        after: { blocked: true, metadata: { api_key: '[redacted]' } },
      },
    ]);
  });

  test('writes by itself within a second', async () => {
    audit.record(entry());
    await until(async () => (await page()).data.length === 1, 5_000);
  });

  test('takes hostile names and sizes without losing the rows beside them', async () => {
    audit.record(entry({ keyId: 'before' }));
    audit.record(entry({ tool: `\u0000\ud800'; drop table audit_entries; --${'x'.repeat(1_000_000)}` }));
    audit.record(entry({ arguments: '{"a":"\\u0000\\ud800"}', responseBytes: 1e15, durationMs: Number.NaN }));
    audit.record(entry({ keyId: 'after' }));
    await audit.flush();
    const { data } = await page();
    expect(data.map(({ key_id }) => key_id)).toEqual(['after', 'key-1', 'key-1', 'before']);
    expect(data[2]?.tool?.length).toBeLessThanOrEqual(300);
    expect(data[1]).toMatchObject({ arguments: { a: '\uFFFD\uFFFD' }, duration_ms: 0 });
  });

  test('pages from the newest to the oldest, each row once, while rows are added', async () => {
    for (let number = 0; number < 250; number++) {
      audit.record(entry({ at: new Date(start + Math.floor(number / 7)), requestId: String(number) }));
    }
    await audit.flush();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const answer = await page({ limit: 40, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...answer.data.map(({ request_id }) => request_id));
      cursor = answer.next_cursor ?? undefined;
      audit.record(entry({ requestId: 'newer' }));
      await audit.flush();
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 250 }, (_, at) => String(249 - at)));
  });

  test('filters, alone and together', async () => {
    const rows: Partial<AuditEntry>[] = [
      { requestId: 'a', keyId: 'k1', userId: 'u1', teamId: 't1', organizationId: 'o1' },
      { requestId: 'b', keyId: 'k2', teamId: 't1', organizationId: 'o1', tool: 'git__push', upstream: 'git' },
      { requestId: 'c', keyId: 'k2', decision: 'denied', outcome: 'denied', errorCode: 'unknown_tool' },
      { requestId: 'd', keyId: 'k3', outcome: 'error', method: 'key.update', tool: null, upstream: null },
    ];
    rows.forEach((row, number) => audit.record(entry({ at: new Date(start + number * 1_000), ...row })));
    await audit.flush();
    const found = async (filter: Partial<Parameters<AuditQuery['page']>[0]>) =>
      (await page(filter)).data.map(({ request_id }) => request_id).join('');
    expect(await found({})).toBe('dcba');
    expect(await found({ key: 'k2' })).toBe('cb');
    expect(await found({ user: 'u1' })).toBe('a');
    expect(await found({ team: 't1' })).toBe('ba');
    expect(await found({ organization: 'o1' })).toBe('ba');
    expect(await found({ tool: 'git__push' })).toBe('b');
    expect(await found({ upstream: 'demo' })).toBe('ca');
    expect(await found({ outcome: 'success' })).toBe('ba');
    expect(await found({ outcome: 'denied' })).toBe('c');
    expect(await found({ key: 'k2', outcome: 'denied' })).toBe('c');
    expect(await found({ since: new Date(start + 1_000), until: new Date(start + 3_000) })).toBe('cb');
    expect(await found({ team: 't1', since: new Date(start + 1) })).toBe('b');
    expect(await found({ key: "k1' or 1=1 --" })).toBe('');
  });

  test('shows a principal its own rows, and no filter widens that', async () => {
    audit.record(entry({ requestId: 'own', keyId: 'k1', teamId: 't1' }));
    audit.record(entry({ requestId: 'team', keyId: 'k2', teamId: 't1' }));
    audit.record(entry({ requestId: 'organization', keyId: 'k3', teamId: 't2', organizationId: 'o1' }));
    audit.record(entry({ requestId: 'user', keyId: 'k5', userId: 'u1' }));
    audit.record(entry({ requestId: 'foreign', keyId: 'k4', teamId: 't3' }));
    await audit.flush();
    const seen = async (visibility: AuditVisibility, over = {}) =>
      (await page(over, visibility)).data.map(({ request_id }) => request_id);
    expect(await seen(nobody)).toEqual([]);
    expect(await seen({ ...nobody, keyIds: ['k1'] })).toEqual(['own']);
    expect(await seen({ ...nobody, keyIds: ['k1'], teamIds: ['t1'] })).toEqual(['team', 'own']);
    const broad = {
      kind: 'some',
      keyIds: ['k1'],
      userIds: ['u1'],
      teamIds: ['t1'],
      organizationIds: ['o1'],
    } as const;
    expect(await seen(broad)).toEqual(['user', 'organization', 'team', 'own']);
    expect(await seen(broad, { limit: 2 })).toEqual(['user', 'organization']);
    expect(await seen(broad, { key: 'k4' })).toEqual([]);
    expect(await seen(broad, { team: 't1' })).toEqual(['team', 'own']);
  });

  test('a cursor that is none is refused by name', async () => {
    const refused = page({ cursor: 'nonsense' });
    await expect(refused).rejects.toBeInstanceOf(GatewayError);
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_REQUEST', details: { param: 'cursor' } });
  });

  test('exports every row since a moment as JSON lines, oldest first', async () => {
    for (let number = 0; number < 2_345; number++) {
      audit.record(entry({ at: new Date(start + number), requestId: String(number) }));
    }
    await audit.catchUp(10_000);
    const output = new PassThrough({ highWaterMark: 1_024 });
    const reading = text(output);
    const written = await query.exportJsonLines(new Date(start + 100), output);
    output.end();
    const lines = (await reading).trimEnd().split('\n');
    expect(written).toBe(2_245);
    expect(lines.map((line) => (JSON.parse(line) as { request_id: string }).request_id)).toEqual(
      Array.from({ length: 2_245 }, (_, at) => String(at + 100)),
    );
  });

  test('removes what is older than the retention, in batches, and nothing when it is 0', async () => {
    const now = new Date(start);
    for (let number = 0; number < 1_500; number++)
      audit.record(entry({ at: new Date(start - 8 * 86_400_000) }));
    audit.record(entry({ at: new Date(start - 6 * 86_400_000), requestId: 'kept' }));
    await audit.catchUp(10_000);
    const retention = new AuditRetention(held.database, () => settings, silent);
    try {
      expect(await retention.removeOld(now)).toBe(0);
      settings = { ...settings, retentionDays: 7 };
      expect(await retention.removeOld(now)).toBe(1_500);
      expect((await page()).data.map(({ request_id }) => request_id)).toEqual(['kept']);
    } finally {
      await retention.close();
    }
  });

  test('with the database away rows wait in the data folder and follow, once each', async () => {
    const away = new DatabaseService({ url: null, dataDir }, silent);
    const waiting = new AuditService(away, dataDir, () => settings, silent);
    for (let number = 0; number < 2_500; number++) {
      waiting.record(entry({ requestId: String(number) }));
      if (number % 1_000 === 999) await waiting.flush();
    }
    await waiting.flush();
    const files = await readdir(join(dataDir, 'audit-spill'));
    expect(files).toHaveLength(3);
    expect((await page()).data).toEqual([]);
    // Another replica brings them in; that it was cut short and begins again changes nothing.
    const torn = join(dataDir, 'audit-spill', '0-torn.jsonl');
    await writeFile(torn, '{"id":"0192');
    const kept = await Promise.all(files.map((name) => readFile(join(dataDir, 'audit-spill', name), 'utf8')));
    await audit.replay();
    await Promise.all(files.map((name, at) => writeFile(join(dataDir, 'audit-spill', name), kept[at] ?? '')));
    await audit.replay();
    await waiting.close();
    expect(await readdir(join(dataDir, 'audit-spill'))).toEqual([]);
    const rows = await held.database.run((prisma) => prisma.auditEntry.count());
    expect(rows).toBe(2_500);
  });

  test('rows that come faster than the database should work follow by themselves', async () => {
    for (let number = 0; number < 3_000; number++) audit.record(entry({ requestId: String(number) }));
    await audit.flush();
    const stored = () => held.database.run((prisma) => prisma.auditEntry.count());
    if (held.database.kind === 'pglite') expect(await stored()).toBeLessThan(3_000);
    await until(async () => (await stored()) === 3_000, 15_000);
    await until(() => audit.backlog === 0, 5_000);
    // The file goes after its rows have come.
    const left = () => readdir(join(dataDir, 'audit-spill')).catch(() => []);
    await until(async () => (await left()).length === 0, 5_000);
  });

  test('a file that a killed process left half written gives back its whole lines', async () => {
    audit.record(entry({ requestId: 'whole' }));
    await audit.flush();
    const folder = join(dataDir, 'audit-spill');
    await mkdir(folder, { recursive: true });
    const row = JSON.stringify({ ...(await page()).data[0], id: '019acb60-0000-7000-8000-000000000001' });
    const written = row.replace('"time"', '"at"').replace('"whole"', '"left behind"');
    await writeFile(join(folder, `${Date.now() - 120_000}-killed.part`), `${written}\n{"id":"0192`);
    await writeFile(join(folder, `${Date.now()}-alive.part`), written);
    await audit.replay();
    expect((await page()).data.map(({ request_id }) => request_id)).toEqual(['whole', 'left behind']);
    expect(await readdir(folder)).toEqual([expect.stringContaining('alive.part')]);
  });

  test('what is recorded after the end is not lost', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'toolgate-audit-'));
    const ended = new AuditService(held.database, dir, () => settings, silent);
    await ended.close();
    ended.record(entry({ requestId: 'late' }));
    expect(await readdir(join(dir, 'audit-spill'))).toHaveLength(1);
    await rm(dir, { recursive: true });
  });
});

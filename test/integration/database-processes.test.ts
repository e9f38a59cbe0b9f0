import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { transform } from '@swc/core';

import { AuditService } from '../../src/audit/audit.service.js';
import { Secret } from '../../src/core/secret.js';
import { DatabaseService } from '../../src/database/database.service.js';
import { earlyBackend } from '../../src/database/early-backend.js';
import { DataFolder } from '../../src/database/pglite/data-folder.js';
import { createEmptyPostgres, postgresUrl, silent } from '../support/database.js';
import type { PostgresDatabase } from '../support/database.js';
import { until } from '../support/until.js';

interface StorageEvent {
  readonly ready?: true;
  readonly error?: string;
  readonly recorded?: number;
  readonly at?: number;
}

let folder: string;
const children = new Set<ChildProcess>();

let script: string;
/** Node reads no TypeScript, so the process is translated, and uses the built program where a suite uses the sources. */
beforeAll(async () => {
  const source = await readFile(new URL('../support/storage-process.ts', import.meta.url), 'utf8');
  const built = source.replaceAll('../../src/', new URL('../../dist/', import.meta.url).href);
  const { code } = await transform(built, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
  const cache = fileURLToPath(new URL('../../node_modules/.cache/toolgate/', import.meta.url));
  await mkdir(cache, { recursive: true });
  script = join(cache, `storage-process-${process.pid}.mjs`);
  await writeFile(script, code);
});
afterAll(() => rm(script, { force: true }));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'toolgate-data-'));
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  await rm(folder, { recursive: true, force: true });
});

/** A process of the built program's storage; PGlite runs in its own thread there. */
function startProcess(url = ''): { events: StorageEvent[]; kill(signal: NodeJS.Signals): Promise<void> } {
  const child = spawn(process.execPath, [script, folder, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const events: StorageEvent[] = [];
  createInterface({ input: child.stdout }).on('line', (line) =>
    events.push(JSON.parse(line) as StorageEvent),
  );
  return {
    events,
    kill: async (signal) => {
      child.kill(signal);
      await exited;
      children.delete(child);
    },
  };
}

/** The rows that are there after the end of a process, once what waited in files has followed. */
async function rowsAfterwards(url: Secret | null): Promise<Set<string>> {
  const database = new DatabaseService({ url, dataDir: folder }, silent);
  const audit = new AuditService(database, folder, () => ({ logArguments: false, retentionDays: 0 }), silent);
  try {
    await database.onModuleInit();
    expect(await database.whenReady(60_000)).toBe(true);
    await audit.replay();
    const rows = await database.run((prisma) => prisma.auditEntry.findMany({ select: { requestId: true } }));
    return new Set(rows.map(({ requestId }) => requestId));
  } finally {
    await database.close();
  }
}

const recorded = (events: readonly StorageEvent[]) =>
  events.filter(
    (event): event is Required<Pick<StorageEvent, 'recorded' | 'at'>> => event.recorded !== undefined,
  );

const spanMs = (events: readonly { readonly at: number }[]): number =>
  (events.at(-1)?.at ?? 0) - (events[0]?.at ?? 0);

const stores: { kind: string; open: () => Promise<PostgresDatabase> }[] = [
  { kind: 'pglite', open: () => Promise.resolve({ url: '', drop: () => Promise.resolve() }) },
  ...(postgresUrl === null ? [] : [{ kind: 'postgres', open: createEmptyPostgres }]),
];

describe.each(stores)('a process with $kind', (store) => {
  test('that is killed loses at most what it recorded in the last second', async () => {
    const { url, drop } = await store.open();
    try {
      const running = startProcess(url);
      // Long enough that some of it is older than the second that may be lost, however fast the machine is.
      await until(() => spanMs(recorded(running.events)) > 2_500, 60_000);
      await running.kill('SIGKILL');
      const entries = recorded(running.events);
      const killedAt = entries.at(-1)?.at ?? 0;
      const there = await rowsAfterwards(url === '' ? null : new Secret(url));
      const old = entries.filter(({ at }) => at < killedAt - 1_000);
      expect(old.length).toBeGreaterThan(0);
      expect(old.filter((entry) => !there.has(String(entry.recorded)))).toEqual([]);
    } finally {
      await drop();
    }
  }, 120_000);

  test('that is told to stop loses nothing', async () => {
    const { url, drop } = await store.open();
    try {
      const running = startProcess(url);
      await until(() => recorded(running.events).length > 100, 60_000);
      await running.kill('SIGTERM');
      const there = await rowsAfterwards(url === '' ? null : new Secret(url));
      expect(recorded(running.events).filter((entry) => !there.has(String(entry.recorded)))).toEqual([]);
    } finally {
      await drop();
    }
  }, 120_000);
});

describe('the data folder', () => {
  test('is refused to a second process, in one line', async () => {
    const first = startProcess();
    await until(() => first.events.some(({ ready }) => ready === true), 60_000);
    const second = startProcess();
    await until(() => second.events.length > 0, 60_000);
    expect(second.events[0]?.error).toMatch(/^data folder in use: .+ \(process \d+ on .+\)$/);
  }, 120_000);

  test('is taken over from a process that is gone, at once or when its heart stands still', async () => {
    const lock = join(folder, 'toolgate.lock');
    for (const holder of [
      { pid: 2 ** 22 + 1, host: hostname() },
      { pid: process.pid, host: hostname() },
      { pid: 1, host: 'another-host' },
    ]) {
      await writeFile(lock, JSON.stringify({ token: 'theirs', ...holder }));
      const claimed = await DataFolder.claim(folder);
      expect(await readFile(lock, 'utf8')).not.toContain('theirs');
      await claimed.release();
      expect(await readdir(folder)).toEqual([]);
    }
    await writeFile(lock, '{"pid":');
    await (await DataFolder.claim(folder)).release();
  });

  test('is left to a process on another host whose heart beats', async () => {
    const lock = join(folder, 'toolgate.lock');
    await writeFile(lock, JSON.stringify({ token: 'theirs', pid: 1, host: 'another-host' }));
    const heart = setInterval(() => void utimes(lock, new Date(), new Date()), 100);
    try {
      await expect(DataFolder.claim(folder)).rejects.toThrow(/^data folder in use: .* on another-host\)$/);
    } finally {
      clearInterval(heart);
    }
  });

  test('that is opened before the rest is loaded is the one that is used', async () => {
    const backend = earlyBackend({ url: null, dataDir: folder });
    const database = new DatabaseService({ url: null, dataDir: folder }, silent, backend);
    await database.onModuleInit();
    expect(await database.whenReady(60_000)).toBe(true);
    expect(await database.run((prisma) => prisma.virtualKey.count())).toBe(0);
    await database.close();
    expect(await readdir(folder)).toEqual(['postgres']);
  }, 60_000);

  test('that is opened for nothing is let go of, and one that cannot be says so', async () => {
    const unused = earlyBackend({ url: null, dataDir: folder });
    await unused?.close();
    expect(await readdir(folder)).not.toContain('toolgate.lock');
    const file = join(folder, 'file');
    await writeFile(file, '');
    const config = { url: null, dataDir: join(file, 'data') };
    const refused = new DatabaseService(config, silent, earlyBackend(config));
    await expect(refused.onModuleInit()).rejects.toMatchObject({ name: 'DatabaseStartError' });
    await refused.close();
  }, 60_000);

  test('that no file system has is refused', async () => {
    await expect(DataFolder.claim('/proc/nowhere/data')).rejects.toMatchObject({
      name: 'DatabaseStartError',
    });
  });

  test('that cannot be written says so', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(DataFolder.claim(join(file, 'data'))).rejects.toMatchObject({
      name: 'DatabaseStartError',
      message: expect.stringMatching(/^cannot write to the data folder .*ENOTDIR/),
    });
  });

  test('whose first start was cut short is made anew', async () => {
    await mkdir(join(folder, 'postgres'));
    await writeFile(join(folder, 'postgres', 'PG_VERSION'), '18');
    await writeFile(join(folder, 'postgres.unfinished'), '');
    expect(await rowsAfterwards(null)).toEqual(new Set());
    expect((await readdir(folder)).sort()).toEqual(['postgres']);
  }, 60_000);
});

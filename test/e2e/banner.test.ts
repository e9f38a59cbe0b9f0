import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { eventually, startGateway, type RunningGateway } from '../support/gateway.js';

interface Banner {
  readonly address: string;
  readonly database: string;
  readonly upstreams: readonly unknown[];
  readonly masterKey: string | null;
}

/** The line that says all that a start has to say. */
async function bannerOf(gateway: RunningGateway): Promise<Banner> {
  return eventually('the banner', () => {
    const lines = gateway.output().split('\n').slice(0, -1);
    const parsed = lines.map((line) => JSON.parse(line) as Partial<Banner>);
    return parsed.find((line): line is Banner => line.address !== undefined);
  });
}

const embedded = { TOOLGATE_MASTER_KEY: '', DATABASE_URL: '' };

/** Contract section 1, "First start prints". */
describe('a start', () => {
  test('makes a master key the first time, shows it once and keeps no more than its hash', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'toolgate-first-'));
    const first = await startGateway({ dataDir, env: embedded });
    const { address, database, upstreams, masterKey } = await bannerOf(first);
    expect(address).toBe(first.url);
    expect(database).toBe(`embedded Postgres (PGlite) in ${dataDir}`);
    expect(upstreams).toEqual([{ name: 'demo', state: 'ready', tools: 4 }]);
    expect(masterKey).toMatch(/^sk-[A-Za-z0-9_-]{32}$/);
    expect(first.output().split(masterKey ?? '')).toHaveLength(3); // itself, and in the curl
    // What Nest says of its own start would bury it.
    expect(first.output()).not.toContain('Mapped {');
    const listed = await first.api('GET', '/mcp/tools/list', undefined, masterKey);
    expect(listed.status).toBe(200);
    await first.stop();

    const second = await startGateway({ dataDir, env: embedded });
    expect((await bannerOf(second)).masterKey).toBeNull();
    expect(second.output()).not.toContain(masterKey);
    expect((await second.api('GET', '/key/list', undefined, masterKey)).status).toBe(200);
    await second.stop();
    await rm(dataDir, { recursive: true, force: true });
  }, 90_000);

  test('says which port it took, and that it waits for a database that is away', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'toolgate-port-'));
    const child = spawn(process.execPath, [resolve('dist/main.js'), '--port', '0'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], DATABASE_URL: 'postgres://me:s3cret@127.0.0.1:1/rows' },
    });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    try {
      const line = await eventually('the banner', () => /^.*"address".*$/m.exec(printed)?.[0], 30_000);
      const banner = JSON.parse(line) as Banner & { readonly msg: string };
      expect(banner.database).toBe('Postgres rows at 127.0.0.1:1, not reachable yet');
      expect(banner.msg).toMatch('waits for its database');
      expect(printed).not.toContain('s3cret');
      const alive = await fetch(`${banner.address}/health/liveliness`);
      expect([alive.status, await alive.json()]).toEqual([200, "I'm alive!"]);
    } finally {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  }, 60_000);
});

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { createEmptyPostgres, postgresUrl, type PostgresDatabase } from '../support/postgres.js';
import { eventually, masterKey, startGateway, type RunningGateway } from '../support/gateway.js';

interface AuditLine {
  readonly request_id: string;
  readonly method: string;
  readonly time: string;
  readonly outcome: string;
}

const kind = postgresUrl === null ? 'pglite' : 'postgres';

describe(`the audit trail on ${kind}`, () => {
  let dataDir: string;
  let postgres: PostgresDatabase | null = null;
  let gateway: RunningGateway | null = null;
  let env: Record<string, string>;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'toolgate-audit-'));
    postgres = kind === 'postgres' ? await createEmptyPostgres() : null;
    env = postgres === null ? {} : { DATABASE_URL: postgres.url };
  });
  afterEach(async () => {
    await gateway?.stop('SIGKILL');
    gateway = null;
    await postgres?.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = async (): Promise<RunningGateway> => {
    const started = await startGateway({ dataDir, env });
    gateway = started;
    await eventually('the demo tools', async () => {
      const { body } = await started.api('GET', '/mcp/tools/list');
      return (body['tools'] as unknown[]).length > 0;
    });
    return started;
  };
  /** As a person calls it, in a folder without a configuration. */
  const exported = async (...flags: string[]): Promise<AuditLine[]> => {
    const command = [resolve('dist/main.js'), 'audit', 'export', ...flags];
    const { stdout } = await promisify(execFile)(process.execPath, command, {
      cwd: dataDir,
      env: { PATH: process.env['PATH'], TOOLGATE_DATA_DIR: dataDir, ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as AuditLine);
  };
  const call = async ({ url }: RunningGateway, requestId: string): Promise<void> => {
    const response = await fetch(`${url}/mcp/tools/call`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${masterKey}`,
        'content-type': 'application/json',
        'x-request-id': requestId,
      },
      body: '{"name":"demo__add","arguments":{"a":1,"b":2}}',
    });
    await response.text();
  };

  test('is exported as JSON lines, also after a kill, which loses nothing that is a second old', async () => {
    const running = await start();
    await call(running, 'first');
    const between = new Date().toISOString();
    await running.api('POST', '/key/generate', { key_alias: 'x' });
    await call(running, 'second');
    await eventually('three rows', async () => {
      const { body } = await running.api('GET', '/v1/audit');
      return (body['data'] as unknown[]).length === 3;
    });
    expect((await exported()).map(({ method }) => method)).toEqual([
      'tools/call',
      'key.generate',
      'tools/call',
    ]);
    expect((await exported('--since', between)).map(({ method }) => method)).toEqual([
      'key.generate',
      'tools/call',
    ]);

    const answeredAt = await untilKilled(running);
    const killedAt = Math.max(...answeredAt.values());
    const rows = (await exported('--since=1h')).map(({ request_id }) => request_id);
    expect([rows[0], rows[2]]).toEqual(['first', 'second']);
    const owed = [...answeredAt].filter(([, at]) => at < killedAt - 1_000).map(([id]) => id);
    expect(owed.length).toBeGreaterThan(100);
    const there = new Set(rows);
    expect(owed.filter((id) => !there.has(id))).toEqual([]);
  }, 90_000);

  /** 1,000 calls and more, and in the midst of them SIGKILL. Resolves with when each was answered. */
  async function untilKilled(running: RunningGateway): Promise<ReadonlyMap<string, number>> {
    const answeredAt = new Map<string, number>();
    let next = 0;
    const worker = async (): Promise<void> => {
      for (;;) {
        const id = `call-${next++}`;
        await call(running, id);
        answeredAt.set(id, Date.now());
      }
    };
    const workers = Array.from({ length: 8 }, () => worker().catch(() => undefined));
    const startedAt = Date.now();
    await eventually(
      '1,000 answers, for two seconds',
      () => answeredAt.size >= 1_000 && Date.now() - startedAt > 2_000,
      40_000,
    );
    await running.stop('SIGKILL');
    await Promise.all(workers);
    return answeredAt;
  }
});

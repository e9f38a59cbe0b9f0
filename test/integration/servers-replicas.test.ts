import { describe, expect, it } from '@jest/globals';

import { createEmptyPostgres, postgresUrl } from '../support/postgres.js';
import { serveInProcess } from '../support/in-process.js';
import { fixtureCommand, startFixture } from '../support/upstreams/fixture.js';
import { until } from '../support/until.js';

type Row = Readonly<Record<string, unknown>>;

const configuration = JSON.stringify({
  mcp_servers: { files: { transport: 'stdio', ...fixtureCommand() } },
  general_settings: { mcp_allow_private_urls: true },
});

(postgresUrl === null ? describe.skip : describe)('stored servers on several replicas', () => {
  it('are followed within a second, and need the same key', async () => {
    const database = await createEmptyPostgres();
    const upstream = await startFixture('http');
    const env = { DATABASE_URL: database.url, TOOLGATE_SALT_KEY: 'one secret for both' };
    const first = await serveInProcess(configuration, env);
    const second = await serveInProcess(configuration, env);
    const stranger = await serveInProcess(configuration, { ...env, TOOLGATE_SALT_KEY: 'another secret' });
    try {
      for (const replica of [first, second, stranger])
        await until(async () => (await replica.request('GET', '/health/readiness')).status === 200, 30_000);
      const body = { server_name: 'remote', url: upstream.url.href };
      expect((await first.request('POST', '/v1/mcp/server', body)).status).toBe(201);
      await until(async () => (await second.request('GET', '/v1/mcp/server/remote')).status === 200, 1_000);
      await until(async () => {
        const row = (await second.request('GET', '/v1/mcp/server/remote')).body as Row;
        return row['status'] === 'healthy';
      });
      await until(async () => (await stranger.request('GET', '/v1/mcp/server/remote')).status === 200, 1_000);
      expect((await stranger.request('GET', '/v1/mcp/server/remote')).body).toMatchObject({
        url: upstream.url.origin,
        status: 'unknown',
        health_check_error: expect.stringMatching(/TOOLGATE_SALT_KEY/),
      });
      expect((await second.request('DELETE', '/v1/mcp/server/remote')).status).toBe(202);
      await until(async () => (await first.request('GET', '/v1/mcp/server/remote')).status === 404, 1_000);
    } finally {
      await Promise.all([first.close(), second.close(), stranger.close()]);
      await upstream.kill();
      await database.drop();
    }
  }, 120_000);
});

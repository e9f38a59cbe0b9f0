import { describe, expect, test } from '@jest/globals';

import { defaultSafetyLimits } from '../../../src/config/safety-limits.js';
import { configOf, loadText } from './load-text.js';

const file = `general_settings:
  port: 1001
  host: 10.0.0.1
  log_level: error
  master_key: sk-file
  salt_key: file
  database_url: postgres://file/db
  redis_url: redis://file
  data_dir: from-file
`;
const env = {
  PORT: '1002',
  HOST: '10.0.0.2',
  LOG_LEVEL: 'warn',
  TOOLGATE_MASTER_KEY: 'sk-env',
  TOOLGATE_SALT_KEY: 'env',
  DATABASE_URL: 'postgresql://env/db',
  REDIS_URL: 'rediss://env',
  TOOLGATE_DATA_DIR: '/data/env',
};

async function settingsOf(...given: Parameters<typeof configOf>) {
  const { server, log, database, redisUrl, masterKey, saltKey } = await configOf(...given);
  return {
    port: server.port,
    host: server.host,
    level: log.level,
    masterKey: masterKey?.reveal(),
    saltKey: saltKey?.reveal(),
    database: database.url?.reveal(),
    redis: redisUrl?.reveal(),
    dataDir: database.dataDir.replace(/.*toolgate-config-\w+/, '.'),
  };
}

describe('flags beat the environment, which beats the file', () => {
  test('the file alone', async () => {
    expect(await settingsOf(file)).toEqual({
      port: 1001,
      host: '10.0.0.1',
      level: 'error',
      masterKey: 'sk-file',
      saltKey: 'file',
      database: 'postgres://file/db',
      redis: 'redis://file',
      dataDir: './from-file',
    });
  });

  test('the environment', async () => {
    expect(await settingsOf(file, { env })).toEqual({
      port: 1002,
      host: '10.0.0.2',
      level: 'warn',
      masterKey: 'sk-env',
      saltKey: 'env',
      database: 'postgresql://env/db',
      redis: 'rediss://env',
      dataDir: '/data/env',
    });
  });

  test('flags', async () => {
    const flags = { port: '1003', host: '::1', debug: true };
    expect(await settingsOf(file, { env, flags })).toMatchObject({ port: 1003, host: '::1', level: 'debug' });
  });

  test('an empty variable is no setting', async () => {
    const empty = Object.fromEntries(Object.keys(env).map((name) => [name, '']));
    expect(await settingsOf(file, { env: empty })).toEqual(await settingsOf(file));
  });

  test("LiteLLM's name of the master key counts, ours counts more", async () => {
    expect(await settingsOf('', { env: { LITELLM_MASTER_KEY: 'sk-a' } })).toMatchObject({
      masterKey: 'sk-a',
    });
    const both = { LITELLM_MASTER_KEY: 'sk-a', TOOLGATE_MASTER_KEY: 'sk-b' };
    expect(await settingsOf('', { env: both })).toMatchObject({ masterKey: 'sk-b' });
  });
});

test('the detailed debug flag shows the traffic', async () => {
  expect((await configOf('', { flags: { detailedDebug: true } })).log).toEqual({
    level: 'debug',
    traffic: true,
  });
});

test.each([
  ['verbose', 'debug'],
  ['WARNING', 'warn'],
  ['Silent', 'silent'],
])('LOG_LEVEL %s is %s', async (written, level) => {
  expect((await configOf('', { env: { LOG_LEVEL: written } })).log.level).toBe(level);
});

test('without a file there is the demo, and every setting has its default', async () => {
  const config = await configOf(null);
  expect(config.file).toBeNull();
  expect(config.upstreams.map(({ name, source }) => [name, source])).toEqual([['demo', 'demo']]);
  expect(config.upstreams[0]?.endpoint).toMatchObject({ kind: 'stdio', command: process.execPath });
  expect(config.server).toEqual({
    host: '127.0.0.1',
    port: 4000,
    hotRoutes: true,
    allowedOrigins: [],
    corsOrigins: [],
    shutdownTimeoutMs: 30_000,
  });
  expect(config.limits).toEqual(defaultSafetyLimits);
  expect(config.mcp).toMatchObject({ defaultAccess: 'all', separator: '__' });
  expect([config.masterKey, config.database.url, config.redisUrl, config.saltKey]).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test('a file, even an empty one, takes the place of the demo', async () => {
  expect((await configOf('')).upstreams).toEqual([]);
});

test('a file that was named must be there', async () => {
  const { faults } = await loadText(null, { flags: { config: 'other.yaml' } });
  expect(faults).toEqual(['other.yaml: does not exist']);
});

test('a folder in place of the file is told', async () => {
  const { faults } = await loadText(null, { flags: { config: '.' } });
  expect(faults).toEqual(['.: is a folder, not a file']);
});

test('safety limits are set by their names', async () => {
  const { limits } = await configOf('general_settings: { limits: { body_bytes: 2048, heartbeat_ms: 1000 } }');
  expect(limits).toEqual({ ...defaultSafetyLimits, bodyBytes: 2048, heartbeatMs: 1000 });
});

test("LiteLLM's names of settings work", async () => {
  const config = await configOf(`general_settings:
  max_request_size_mb: 0.5
  require_key_mcp_access_defined: true
litellm_settings:
  request_timeout: 30
  num_retries: 5
  fallbacks: [{ a: [b] }, { c: [d] }]
router_settings:
  num_retries: 1
  cooldown_time: 60
  allowed_fails: 9
  fallbacks: [{ c: [e] }]
  redis_host: cache
  redis_password: p@ss
model_list: [{ model_name: a, litellm_params: { model: openai/a } }]
`);
  expect(config.limits.bodyBytes).toBe(512 * 1024);
  expect(config.mcp.defaultAccess).toBe('none');
  expect(config.models[0]).toMatchObject({ timeoutMs: 30_000, maxRetries: 1 });
  expect(config.modelRouting).toEqual({ allowedFails: 9, cooldownMs: 60_000 });
  expect(config.modelFallbacks).toEqual({ a: ['b'], c: ['e'] });
  expect(config.redisUrl?.reveal()).toBe('redis://:p%40ss@cache:6379');
});

test('audit may stand at the top or under general_settings', async () => {
  const top = await configOf('audit: { log_arguments: yes, retention_days: 30 }');
  const under = await configOf('general_settings: { audit: { log_arguments: true, retention_days: 30 } }');
  expect(top.audit).toEqual({ logArguments: true, retentionDays: 30 });
  expect(under.audit).toEqual(top.audit);
});

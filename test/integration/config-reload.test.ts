import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';

import type { ConfigOptions } from '../../src/config/config-options.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { ConfigService } from '../../src/config/config.service.js';
import type { GatewayConfig } from '../../src/config/gateway-config.js';
import { loadConfig } from '../../src/config/load-config.js';
import { ConfigReloader } from '../../src/config/reload/config-reloader.service.js';

const servers = (...names: string[]) =>
  `mcp_servers:\n${names.map((name) => `  ${name}: { url: "http://127.0.0.1:1/${name}" }\n`).join('')}`;

let folder: string;
let app: INestApplicationContext;
let config: ConfigService;
let changes: [GatewayConfig, GatewayConfig][];

async function start(argvFlags: ConfigOptions['argvFlags'] = {}): Promise<void> {
  const options = { argvFlags, env: {}, cwd: folder };
  const loaded = await loadConfig(options);
  const module = await Test.createTestingModule({
    imports: [ConfigModule.forRoot(loaded.config, options)],
  }).compile();
  Logger.overrideLogger(false);
  app = await module.init();
  config = app.get(ConfigService);
  config.onChange((next, previous) => changes.push([next, previous]));
}

const names = () => config.current.upstreams.map(({ name }) => name);

/** Waits until the condition holds; fails after five seconds. */
async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !condition();) {
    if (Date.now() > end) throw new Error('it did not happen');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'toolgate-reload-'));
  changes = [];
});

afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
  Logger.overrideLogger(true);
});

describe('a change of the file is applied', () => {
  const file = () => join(folder, 'config.yaml');

  test('when it is written in place', async () => {
    await writeFile(file(), servers('a'));
    await start();
    await writeFile(file(), servers('a', 'b'));
    await until(() => names().includes('b'));
    expect(changes).toHaveLength(1);
    expect(changes[0]?.[1].upstreams.map(({ name }) => name)).toEqual(['a']);
    expect(Object.isFrozen(config.current.upstreams[1]?.endpoint)).toBe(true);
    expect(config.lastReload).toMatchObject({ ok: true, problems: [] });
  });

  test('when it is replaced by renaming, again and again', async () => {
    await writeFile(file(), servers('a'));
    await start();
    for (const name of ['b', 'c', 'd']) {
      await writeFile(join(folder, '.config.yaml.swp'), servers(name));
      await rename(join(folder, '.config.yaml.swp'), file());
      await until(() => names().includes(name));
    }
    expect(changes).toHaveLength(3);
  });

  test('when an editor removes and writes it again', async () => {
    await writeFile(file(), servers('a'));
    await start();
    await rm(file());
    await writeFile(file(), servers('b'));
    await until(() => names().includes('b'));
  });

  test('when Kubernetes swaps the folder it is linked to', async () => {
    for (const [version, name] of [
      ['..1', 'a'],
      ['..2', 'b'],
      ['..3', 'c'],
    ] as const) {
      await mkdir(join(folder, version));
      await writeFile(join(folder, version, 'config.yaml'), servers(name));
    }
    await symlink('..1', join(folder, '..data'));
    await symlink(join('..data', 'config.yaml'), file());
    await start();
    for (const [version, name] of [
      ['..2', 'b'],
      ['..3', 'c'],
    ] as const) {
      await symlink(version, join(folder, '..data_tmp'));
      await rename(join(folder, '..data_tmp'), join(folder, '..data'));
      await until(() => names().includes(name));
    }
  });

  test('when it appears after a start without one', async () => {
    await start();
    expect(names()).toEqual(['demo']);
    await writeFile(file(), servers('a'));
    await until(() => names().includes('a'));
    expect(names()).toEqual(['a']);
  });

  test('when an included file changes, one that came with a reload too', async () => {
    await mkdir(join(folder, 'more'));
    await writeFile(join(folder, 'more', 'b.yaml'), servers('b'));
    await writeFile(file(), servers('a'));
    await start();
    await writeFile(file(), `include: [more/b.yaml]\n${servers('a')}`);
    await until(() => names().includes('b'));
    await writeFile(join(folder, 'more', 'b.yaml'), servers('c'));
    await until(() => names().includes('c'));
    expect(names()).toEqual(['a', 'c']);
  });

  test('on SIGHUP, even when only the environment would tell', async () => {
    await writeFile(file(), servers('a'));
    await start();
    process.emit('SIGHUP');
    await until(() => config.lastReload !== null);
    expect(config.lastReload?.ok).toBe(true);
    expect(changes).toEqual([]);
  });

  test('many writes in a row are read once they are over', async () => {
    await writeFile(file(), servers('a'));
    await start();
    for (let length = 1; length <= 20; length++) {
      await writeFile(file(), servers('a', 'b', 'c').slice(0, length * 6));
    }
    await writeFile(file(), servers('a', 'b', 'c'));
    await until(() => names().includes('c'));
    expect(changes).toHaveLength(1);
    expect(config.lastReload?.ok).toBe(true);
  });
});

describe('the configuration before stays', () => {
  const file = () => join(folder, 'config.yaml');

  test.each([
    ['the file is broken', 'mcp_servers: [', /YAML/],
    ['a setting is wrong', 'mcp_servers: { b: { url: 5 } }', /must be text/],
    ['the file is empty', '', /is empty/],
    ['the file is nothing but half a line', 'mcp_ser', /must hold a map/],
  ])('when %s', async (_, text, message) => {
    await writeFile(file(), servers('a'));
    await start();
    const before = config.current;
    await writeFile(file(), text);
    await until(() => config.lastReload !== null);
    expect(config.lastReload?.ok).toBe(false);
    expect(config.lastReload?.problems[0]?.message).toMatch(message);
    expect(config.current).toBe(before);
    await writeFile(file(), servers('b'));
    await until(() => names().includes('b'));
    expect(config.lastReload?.ok).toBe(true);
  });

  test('when the file is gone', async () => {
    await writeFile(file(), servers('a'));
    await start();
    await rm(file());
    await until(() => config.lastReload !== null);
    expect(config.lastReload?.problems[0]?.message).toMatch(/does not exist/);
    expect(names()).toEqual(['a']);
  });
});

test('settings that wait for the next start are named, without their values', async () => {
  await writeFile(join(folder, 'config.yaml'), 'general_settings: { port: 4001, master_key: sk-first }\n');
  await start();
  await writeFile(join(folder, 'config.yaml'), 'general_settings: { port: 4002, master_key: sk-second }\n');
  const reload = await app.get(ConfigReloader).reload();
  expect(reload.needRestart).toEqual(['server.port', 'masterKey']);
});

test('a listener that throws keeps nobody from being told', async () => {
  await writeFile(join(folder, 'config.yaml'), servers('a'));
  await start();
  let told = 0;
  config.onChange(() => {
    throw new Error('listener');
  });
  const stop = config.onChange(() => told++);
  await writeFile(join(folder, 'config.yaml'), servers('b'));
  await until(() => names().includes('b'));
  expect(told).toBe(1);
  stop();
  await writeFile(join(folder, 'config.yaml'), servers('c'));
  await until(() => names().includes('c'));
  expect(told).toBe(1);
});

test('nothing is left behind when the gateway stops', async () => {
  await writeFile(join(folder, 'config.yaml'), servers('a'));
  const before = process.listenerCount('SIGHUP');
  await start();
  expect(process.listenerCount('SIGHUP')).toBe(before + 1);
  await app.close();
  expect(process.listenerCount('SIGHUP')).toBe(before);
});

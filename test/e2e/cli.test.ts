import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const program = resolve('dist/main.js');
const quiet = { LOG_LEVEL: 'silent' };
/** A database that is away does not keep the gateway from starting, and takes no time to set up. */
const nowhere = 'postgres://nobody@127.0.0.1:1/none';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'toolgate-cli-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program as a shell would start it, until it ends by itself. */
async function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const child = spawn(program, argv, {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

test('the program is executable by itself', () => {
  accessSync(program, constants.X_OK);
});

test('--version and --help', async () => {
  expect(await run(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: '',
  });
  expect(await run(['--help'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('toolgate check'),
    stderr: '',
  });
});

test('a flag that does not exist is one line and code 2', async () => {
  expect(await run(['--prot', '1'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'toolgate: unknown flag --prot; did you mean --port?\n',
  });
});

test('check tells every fault with its place', async () => {
  await writeFile(join(folder, 'config.yaml'), 'mcp_servers:\n  a: { url: 5 }\n  b: { url: "${NOPE}" }\n');
  expect(await run(['check', '--config', 'config.yaml'])).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'config.yaml:2:13: mcp_servers.a.url must be text, not a number; put it in quotes\n' +
      'config.yaml:3:13: environment variable NOPE is not set; set it, or write ${NOPE:-default}\n',
  });
  expect(await run(['check', '--config', resolve('config.example.yaml')])).toMatchObject({
    code: 0,
    stderr: '',
  });
});

describe('what keeps the gateway from starting is one line and code 2', () => {
  test('a configuration with a fault', async () => {
    await writeFile(join(folder, 'bad.yaml'), 'general_settings: { port: 70000 }\n');
    expect(await run(['--config', 'bad.yaml'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'bad.yaml:1:27: general_settings.port must be at most 65535\n',
    });
  });

  test('a file that is not there', async () => {
    expect(await run(['-c', 'gone.yaml'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'gone.yaml: does not exist\n',
    });
  });

  test('a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await writeFile(join(folder, 'empty.yaml'), '');
    try {
      const { code, stderr } = await run(['-c', 'empty.yaml', '--port', String(port)], {
        ...quiet,
        DATABASE_URL: nowhere,
      });
      expect([code, stderr]).toEqual([
        2,
        `toolgate: port ${port} is in use by another program; stop it or choose another port with --port\n`,
      ]);
    } finally {
      other.close();
    }
  }, 60_000);

  test('a data folder that is a file', async () => {
    await writeFile(join(folder, 'empty.yaml'), '');
    const dataDir = join(folder, 'empty.yaml');
    const { code, stderr } = await run(['-c', 'empty.yaml', '--port', '0'], {
      ...quiet,
      TOOLGATE_DATA_DIR: dataDir,
    });
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(dataDir);
  }, 60_000);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { runCli, type ServeOptions } from '../../../src/cli.js';
import { version } from '../../../src/core/version.js';

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'toolgate-cli-'));
});

afterEach(() => rmSync(cwd, { recursive: true }));

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly served: ServeOptions | null;
}

async function run(argv: string, files: Record<string, string> = {}, failure?: Error): Promise<Run> {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  let stdout = '';
  let stderr = '';
  let served: ServeOptions | null = null;
  const code = await runCli(
    argv.split(' ').filter((word) => word !== ''),
    {},
    {
      cwd,
      stdout: { write: (text: string) => (stdout += text) },
      stderr: { write: (text: string) => (stderr += text) },
      serve: (options) => {
        served = options;
        return failure === undefined ? Promise.resolve() : Promise.reject(failure);
      },
    },
  );
  return { code, stdout, stderr, served };
}

const good = 'mcp_servers: { a: { url: "http://a/" } }\n';
const bad = 'mcp_servers:\n  a: { url: 5 }\n  b: { transport: x }\n';
const doubtful = 'mcp_server: {}\n';

test('--version and --help print on stdout alone', async () => {
  expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '', served: null });
  const help = await run('--help');
  expect([help.code, help.stderr]).toEqual([0, '']);
  expect(help.stdout).toMatch(/^Toolgate/);
});

test('a bad command line is one line on stderr and code 2', async () => {
  expect(await run('--prot 1')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'toolgate: unknown flag --prot; did you mean --port?\n',
    served: null,
  });
});

describe('check', () => {
  test('says that a good file is good', async () => {
    const { code, stdout, stderr } = await run('check', { 'config.yaml': good });
    expect([code, stdout, stderr]).toEqual([0, 'config.yaml is valid: 1 upstream, 0 models\n', '']);
  });

  test('prints warnings and still says so', async () => {
    const { code, stdout, stderr } = await run('check', { 'config.yaml': doubtful });
    expect([code, stdout]).toEqual([0, 'config.yaml is valid: 0 upstreams, 0 models\n']);
    expect(stderr).toBe('warning: config.yaml:1:1: unknown key "mcp_server"; did you mean "mcp_servers"?\n');
  });

  test('prints every fault, a line each, and ends with 2', async () => {
    const { code, stdout, stderr } = await run('check -c other.yaml', { 'other.yaml': bad });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      'other.yaml:2:13: mcp_servers.a.url must be text, not a number; put it in quotes\n' +
        'other.yaml:3:19: unknown transport "x": use http, sse or stdio\n',
    );
  });

  test('a file that is not there is a fault when it was named, and the demo when it was not', async () => {
    expect(await run('check --config gone.yaml')).toMatchObject({
      code: 2,
      stderr: 'gone.yaml: does not exist\n',
    });
    expect(await run('check')).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('plan', () => {
  test('no change is code 0', async () => {
    const { code, stdout } = await run('plan -c new.yaml', { 'config.yaml': good, 'new.yaml': good });
    expect([code, stdout]).toEqual([0, 'Nothing changes (0 added, 0 removed, 0 changed, 1 unchanged).\n']);
  });

  test('changes are told line by line, without a value, and are code 1', async () => {
    const current = `mcp_servers:
  same: { command: x }
  gone: { command: x }
  moved: { url: "http://a/old-secret" }
  narrowed: { command: x }
`;
    const next = `mcp_servers:
  same: { command: x }
  moved: { url: "http://a/new-secret" }
  narrowed: { command: x, allowed_tools: [a] }
  new: { command: x }
general_settings: { port: 5000 }
model_list: [{ model_name: m, litellm_params: { model: openai/m } }]
`;
    const { code, stdout, stderr } = await run('plan -c new.yaml --current old.yaml', {
      'old.yaml': current,
      'new.yaml': next,
    });
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout.split('\n')).toEqual([
      '+ new: added',
      '- gone: removed',
      '~ moved: reconnected (endpoint)',
      '~ narrowed: changed without reconnecting (allowedTools)',
      '~ models',
      '~ server.port: at the next start',
      'Upstreams: 1 added, 1 removed, 2 changed, 1 unchanged.',
      '',
    ]);
  });

  test('faults in either file are code 2', async () => {
    expect(await run('plan -c new.yaml', { 'config.yaml': good, 'new.yaml': bad })).toMatchObject({
      code: 2,
    });
    expect(await run('plan -c new.yaml', { 'config.yaml': bad, 'new.yaml': good })).toMatchObject({
      code: 2,
    });
    expect(await run('plan -c new.yaml --current gone.yaml')).toMatchObject({ code: 2 });
    expect(await run('plan')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/plan needs the new file/),
    });
  });
});

describe('serve', () => {
  test('gets the configuration, how it was read, and all warnings', async () => {
    const { code, served, stderr } = await run('--num_workers 2 --port 1234', {
      'config.yaml': `${good}${doubtful}`,
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(served?.config.server.port).toBe(1234);
    expect(served?.options).toEqual({
      argvFlags: { port: '1234', debug: false, detailedDebug: false },
      env: {},
      cwd,
    });
    expect(served?.warnings.map(({ file }) => file)).toEqual(['--num_workers', 'config.yaml']);
  });

  test('never begins with a bad configuration', async () => {
    const { code, served, stderr } = await run('serve', { 'config.yaml': bad });
    expect([code, served]).toEqual([2, null]);
    expect(stderr.trim().split('\n')).toHaveLength(2);
  });

  const system = (details: object) => Object.assign(new Error('low level\nwith a stack'), details);
  test.each([
    [
      system({ syscall: 'listen', code: 'EADDRINUSE', port: 4000 }),
      2,
      'port 4000 is in use by another program; stop it or choose another port with --port',
    ],
    [
      system({ syscall: 'listen', code: 'EACCES', port: 80 }),
      2,
      'port 80 needs more rights; choose one above 1023 with --port',
    ],
    [
      system({ syscall: 'listen', code: 'EADDRNOTAVAIL', address: '1.2.3.4' }),
      2,
      'this machine has no address 1.2.3.4; check --host',
    ],
    [
      system({ syscall: 'getaddrinfo', code: 'ENOTFOUND' }),
      2,
      'the host to listen on is not known; check --host',
    ],
    [system({ syscall: 'mkdir', code: 'EACCES', path: '/data' }), 2, '/data: permission denied'],
    [
      new Error('outer', { cause: system({ syscall: 'open', code: 'EROFS', path: '/data' }) }),
      2,
      '/data: the file system is read-only',
    ],
    [new Error('something broke\n    at here (file.js:1:1)'), 1, 'something broke'],
  ])('a failure is one line: %p', async (failure, code, message) => {
    expect(await run('', {}, failure)).toMatchObject({ code, stdout: '', stderr: `toolgate: ${message}\n` });
  });
});

test('an export says in one line what keeps it from being one', async () => {
  const nowhere = await run('audit export');
  expect([nowhere.code, nowhere.stdout]).toEqual([1, '']);
  expect(nowhere.stderr).toMatch(/^toolgate: there is no database in .*TOOLGATE_DATA_DIR.*\n$/);
  const never = await run('audit export --since yesterday');
  expect([never.code, never.stderr.split('\n').length]).toEqual([2, 2]);
});

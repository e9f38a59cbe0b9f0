import { expect, test } from '@jest/globals';

import { readCommandLine, UsageError } from '../../../src/cli/command-line.js';
import { flags } from '../../../src/cli/flags.js';
import { helpText } from '../../../src/cli/help.js';

const nothing = { debug: false, detailedDebug: false };

test.each([
  [[], 'serve', nothing],
  [['serve'], 'serve', nothing],
  [
    ['--config', '/app/config.yaml', '--port', '4000', '--detailed_debug'],
    'serve',
    { config: '/app/config.yaml', port: '4000', debug: false, detailedDebug: true },
  ],
  [
    ['-c', 'a.yaml', '-p', '1', '--host=::'],
    'serve',
    { ...nothing, config: 'a.yaml', port: '1', host: '::' },
  ],
  [['--detailed-debug'], 'serve', { debug: false, detailedDebug: true }],
  [['--debug', 'serve'], 'serve', { ...nothing, debug: true }],
  [['--port', '1', '--port', '2'], 'serve', { ...nothing, port: '2' }],
  [['--config=--odd'], 'serve', { ...nothing, config: '--odd' }],
  [['check', '--config', 'a-b.yaml'], 'check', { ...nothing, config: 'a-b.yaml' }],
  [['--help', 'check'], 'help', nothing],
  [['help'], 'help', nothing],
  [['-v'], 'version', nothing],
] as const)('%j is %s', (argv, command, expected) => {
  const line = readCommandLine(argv);
  expect([line.command, line.flags, line.warnings]).toEqual([command, expected, []]);
});

test('plan takes the file in use now', () => {
  expect(readCommandLine(['plan', '-c', 'new.yaml', '--current', 'old.yaml'])).toMatchObject({
    command: 'plan',
    current: 'old.yaml',
    flags: { config: 'new.yaml' },
  });
});

test('audit export takes since when', () => {
  expect(readCommandLine(['audit', 'export', '--since', '24h', '-c', 'a.yaml'])).toMatchObject({
    command: 'audit',
    since: '24h',
    flags: { config: 'a.yaml' },
  });
  expect(readCommandLine(['audit', 'export']).since).toBeNull();
});

test.each([
  [['--prot', '4000'], 'unknown flag --prot; did you mean --port?'],
  [['--nothing-like-it'], 'unknown flag --nothing_like_it; see toolgate --help'],
  [['-x'], 'unknown flag -x; see toolgate --help'],
  [['chek'], 'unknown command chek; did you mean check?'],
  [['frobnicate'], 'unknown command frobnicate; see toolgate --help'],
  [['check', 'config.yaml'], 'check takes no argument; name the file with --config'],
  [['--port'], '--port needs a value: --port PORT'],
  [['--config', '--port', '1'], '--config needs a value: --config PATH'],
  [['--config='], '--config must not be empty'],
  [['--debug=yes'], '--debug takes no value'],
  [['--current', 'a'], '--current belongs to toolgate plan'],
  [['--since', '1h'], '--since belongs to toolgate audit export'],
  [['audit'], 'audit knows one thing: toolgate audit export'],
  [['audit', 'import'], 'audit knows one thing: toolgate audit export'],
  [
    ['--ssl_keyfile_path', 'k.pem'],
    '--ssl_keyfile_path is not supported: TLS is not served; put a proxy that does in front',
  ],
  [['--health'], '--health is not supported: ask GET /health/readiness of a running gateway'],
] as const)('%j is refused: %s', (argv, message) => {
  expect(() => readCommandLine(argv)).toThrow(new UsageError(message));
});

test("LiteLLM's flags are taken with a warning each", () => {
  const line = readCommandLine([
    '--num_workers',
    '8',
    '--telemetry',
    'False',
    '--drop_params',
    '--port',
    '1',
  ]);
  expect(line.flags.port).toBe('1');
  expect(line.warnings.map(({ file, message }) => `${file}: ${message}`)).toEqual([
    '--num_workers: has no effect',
    '--telemetry: has no effect',
    '--drop_params: has no effect',
  ]);
});

test('the help names every flag and stays within 100 columns', () => {
  const text = helpText();
  for (const { name } of Object.values(flags)) expect(text).toContain(`--${name}`);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
});

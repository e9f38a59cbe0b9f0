import { expect, test } from '@jest/globals';

import { loadText } from './load-text.js';

test('aliases that multiply are stopped', async () => {
  const levels = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 10; i++) {
    const [before, name] = ['abcdefghij'[i - 1] ?? '', 'abcdefghij'[i] ?? ''];
    levels.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(', ')}]`);
  }
  const { faults } = await loadText(`mcp_servers:\n${levels.map((line) => `  ${line}\n`).join('')}`);
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(/expand to more than 100000 values/);
});

test('a file full of aliases is read in no time', async () => {
  const { faults } = await loadText(`a: &a 1\nmodel_list: [${Array(50_000).fill('*a').join(',')}]\n`);
  expect(faults.length).toBeGreaterThan(0);
}, 10_000);

test.each([
  ['flow', '['.repeat(200) + ']'.repeat(200)],
  ['much deeper', '['.repeat(50_000)],
])('nesting is stopped: %s', async (_, text) => {
  const { faults } = await loadText(`mcp_servers: ${text}\n`);
  expect(faults.length).toBeGreaterThan(0);
});

test('what is too big is not read', async () => {
  const { faults } = await loadText(`# ${'x'.repeat(1024 * 1024)}\n`);
  expect(faults).toEqual(['config.yaml: is larger than 1048576 bytes']);
});

test('what is no text is not read', async () => {
  const { faults } = await loadText(null, { flags: { config: process.execPath } });
  expect(faults[0]).toMatch(/is larger than|is not UTF-8/);
});

test('a byte order mark and Windows line ends do no harm', async () => {
  const { config, faults } = await loadText('\ufeffmcp_servers:\r\n  a:\r\n    url: http://a/\r\n');
  expect(faults).toEqual([]);
  expect(config?.upstreams).toHaveLength(1);
  const { faults: told } = await loadText('\ufeffmcp_servers:\r\n  a:\r\n    url: 5\r\n');
  expect(told[0]).toMatch(/^config\.yaml:3:10: /);
});

test('names of inherited members are ordinary names', async () => {
  const { config, faults } = await loadText(
    'mcp_servers: { constructor: { url: "http://a/" }, toString: { url: "http://b/" } }\n',
  );
  expect(faults).toEqual([]);
  expect(config?.upstreams.map(({ name }) => name)).toEqual(['constructor', 'toString']);
  const { warnings } = await loadText('constructor: 1\ngeneral_settings: { hasOwnProperty: 2 }\n');
  expect(warnings).toHaveLength(2);
});

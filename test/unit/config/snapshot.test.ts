import { inspect } from 'node:util';

import { describe, expect, test } from '@jest/globals';

import { diffUpstreams } from '../../../src/config/diff-upstreams.js';
import { settingsNeedingRestart } from '../../../src/config/reload/takes-effect.js';
import { sameContent } from '../../../src/config/same-content.js';
import { Secret } from '../../../src/core/secret.js';
import { configOf } from './load-text.js';

test('the configuration is frozen to its last leaf', async () => {
  const config = await configOf(`mcp_servers:
  a: { url: "http://a/", static_headers: { X: y }, allowed_tools: [t], mcp_info: { deep: [{ er: 1 }] } }
model_list: [{ model_name: m, litellm_params: { model: openai/m, more: { deep: [1] } } }]
`);
  const mutable: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!Object.isFrozen(value)) mutable.push(path);
    for (const [key, item] of Object.entries(value)) visit(item, `${path}.${key}`);
  };
  visit(config, 'config');
  expect(mutable).toEqual([]);
});

test('no way of printing the configuration shows a secret', async () => {
  const secret = 'hide-me';
  const config = await configOf(
    `mcp_servers:
  a: { url: "http://a/", auth_type: bearer_token, auth_value: "${secret}", static_headers: { X: "${secret}" } }
  b: { command: c, env: { X: "${secret}" } }
model_list: [{ model_name: m, litellm_params: { model: openai/m, api_key: "${secret}", aws_secret: "${secret}" } }]
general_settings: { master_key: "sk-${secret}", database_url: "postgres://${secret}", redis_url: "redis://${secret}", salt_key: "${secret}" }
`,
  );
  expect(`${JSON.stringify(config)}${inspect(config, { depth: 20, showHidden: true })}`).not.toContain(
    secret,
  );
});

describe('sameContent', () => {
  const url = 'https://a.example/x';
  test.each([
    [new Secret('a'), new Secret('a'), true],
    [new Secret('a'), new Secret('b'), false],
    [new Secret('a'), 'a', false],
    [new URL(url), new URL(url), true],
    [new URL(url), new URL(`${url}?y`), false],
    [{ a: [1, { b: null }] }, { a: [1, { b: null }] }, true],
    [{ a: 1 }, { a: 1, b: undefined }, false],
    [{ a: undefined }, { b: undefined }, false],
    [[], {}, false],
    [null, {}, false],
    [1, '1', false],
  ])('%p and %p: %p', (a, b, same) => {
    expect(sameContent(a, b)).toBe(same);
    expect(sameContent(b, a)).toBe(same);
  });
});

describe('diffUpstreams', () => {
  const file = (text: string) => configOf(`mcp_servers:\n${text}`).then(({ upstreams }) => upstreams);

  test('tells added, removed, changed and unchanged apart', async () => {
    const previous = await file(`  same: { url: "http://a/", auth_type: bearer_token, auth_value: t }
  gone: { command: x }
  moved: { url: "http://b/", description: d }
  narrowed: { command: y }
`);
    const next = await file(`  narrowed: { command: y, allowed_tools: [t], timeout_ms: 5 }
  moved: { url: "http://c/", description: e }
  new: { command: z }
  same: { url: "http://a/", auth_type: bearer_token, auth_value: t }
`);
    const { added, removed, changed, unchanged } = diffUpstreams(previous, next);
    expect(added.map(({ name }) => name)).toEqual(['new']);
    expect(removed.map(({ name }) => name)).toEqual(['gone']);
    expect(unchanged.map(({ name }) => name)).toEqual(['same']);
    expect(
      changed.map(({ next: { name }, settings, needsReconnect }) => [name, settings, needsReconnect]),
    ).toEqual([
      ['narrowed', ['allowedTools', 'timeoutMs'], false],
      ['moved', ['endpoint', 'description'], true],
    ]);
  });

  test('sees a changed credential', async () => {
    const server = (value: string) =>
      file(`  a: { url: "http://a/", auth_type: api_key, auth_value: ${value} }\n`);
    const { changed } = diffUpstreams(await server('one'), await server('two'));
    expect(changed).toHaveLength(1);
    expect(JSON.stringify(changed)).not.toMatch(/one|two/);
  });

  test('an upstream renamed is one removed and one added', async () => {
    const { added, removed } = diffUpstreams(
      await file('  a: { command: x }\n'),
      await file('  b: { command: x }\n'),
    );
    expect([removed[0]?.name, added[0]?.name]).toEqual(['a', 'b']);
  });
});

test('settings that wait for the next start are told by path', async () => {
  const settings = (port: number, key: string, pageSize: number) =>
    configOf(`general_settings: { port: ${port}, master_key: sk-${key}, mcp_page_size: ${pageSize} }`);
  const changed = settingsNeedingRestart(await settings(1, 'a', 0), await settings(2, 'b', 5));
  expect(changed).toEqual(expect.arrayContaining(['server.port', 'masterKey', 'mcp.pageSize']));
  const same = settingsNeedingRestart(await settings(1, 'a', 0), await settings(1, 'a', 0));
  expect(same.filter((path) => path !== 'database.dataDir')).toEqual([]);
});

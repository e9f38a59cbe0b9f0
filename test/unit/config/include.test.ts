import { expect, test } from '@jest/globals';

import { configOf, loadText } from './load-text.js';

test('lists are added, maps are joined, settings of the included file win', async () => {
  const config = await configOf(
    `include: [more.yaml]
model_list: [{ model_name: a, litellm_params: { model: openai/a } }]
mcp_servers: { a: { url: "http://a/" } }
general_settings: { port: 1, host: h }
`,
    {
      files: {
        'more.yaml': `model_list: [{ model_name: b, litellm_params: { model: openai/b } }]
mcp_servers: { b: { url: "http://b/" } }
general_settings: { port: 2 }
`,
      },
    },
  );
  expect(config.models.map(({ modelName }) => modelName)).toEqual(['a', 'b']);
  expect(config.upstreams.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(config.server).toMatchObject({ port: 2, host: 'h' });
  expect(config.files.map((file) => file.split('/').at(-1))).toEqual(['config.yaml', 'more.yaml']);
});

test('faults are told where they are', async () => {
  const { faults } = await loadText(
    'include: [more.yaml, gone.yaml]\nmcp_servers:\n  a: { url: "http://a/" }\n',
    {
      files: { 'more.yaml': '\nmcp_servers:\n  a: { url: "http://a/" }\n  b: { url: 5 }\n' },
    },
  );
  expect(faults).toEqual([
    'more.yaml:3:3: duplicate server "a" (first in config.yaml on line 3)',
    'more.yaml:4:13: mcp_servers.b.url must be text, not a number; put it in quotes',
    'config.yaml:1:22: included file gone.yaml does not exist',
  ]);
});

test('files that include each other, or nothing that is a file, are refused', async () => {
  const { faults } = await loadText('include: [more.yaml, 5]\n', {
    files: { 'more.yaml': 'include: config.yaml\n' },
  });
  expect(faults).toEqual([
    'config.yaml:1:22: include must be a list of file names',
    'more.yaml:1:10: config.yaml is included already',
  ]);
});

test('a file name may come from a variable', async () => {
  const config = await configOf('include: ["${EXTRA}"]\n', {
    env: { EXTRA: 'more.yaml' },
    files: { 'more.yaml': 'mcp_servers: { b: { url: "http://b/" } }\n' },
  });
  expect(config.upstreams).toHaveLength(1);
});

import { readFileSync } from 'node:fs';

import { expect, test } from '@jest/globals';
import { parse } from 'yaml';

import type { GatewayConfig } from '../../../src/config/gateway-config.js';
import { defaultSafetyLimits, limitNames, safetyLimits } from '../../../src/config/safety-limits.js';
import { generalSchema } from '../../../src/config/schema/general.schema.js';
import { serverSchema } from '../../../src/config/schema/server.schema.js';
import { configOf, loadText } from './load-text.js';

const text = readFileSync('config.example.yaml', 'utf8');

/** LiteLLM's other names for settings that the example shows by our name. */
const otherNames = [
  'authentication_token',
  'mcp_access_groups',
  'server_name',
  'timeout',
  'require_key_mcp_access_defined',
  'max_request_size_mb',
  'audit',
];

test('the example starts as it is, without a warning', async () => {
  const { config, faults, warnings } = await loadText(text);
  expect([faults, warnings]).toEqual([[], []]);
  expect(config?.upstreams.map(({ name }) => name)).toEqual(['demo']);
  expect(config?.models.map(({ modelName }) => modelName)).toEqual(['mock']);
});

test('the example shows the defaults', async () => {
  const shown = await configOf(text);
  const defaults = await configOf('');
  const settings = Object.keys(defaults).filter(
    (key) => !['file', 'files', 'upstreams', 'models', 'database'].includes(key),
  );
  expect(settings.map((key) => [key, shown[key as keyof GatewayConfig]])).toEqual(
    settings.map((key) => [key, defaults[key as keyof GatewayConfig]]),
  );
  expect(shown.database).toMatchObject({ url: null, dataDir: expect.stringMatching(/\/data$/) });
});

test('the example names every setting', () => {
  for (const key of [...Object.keys(generalSchema.shape), ...Object.keys(serverSchema.shape)]) {
    if (!otherNames.includes(key)) expect(text).toMatch(new RegExp(`^[ #]*${key}:`, 'm'));
  }
});

test('the limits of the example are the limits', () => {
  const { general_settings } = parse(text) as { general_settings: { limits: Record<string, number> } };
  expect(general_settings.limits).toEqual(
    Object.fromEntries(limitNames.map((name) => [safetyLimits[name].setting, defaultSafetyLimits[name]])),
  );
});

test('its comments are settings too', async () => {
  const uncommented = text
    .replace(
      /^( *)# ( *(?:fetch|github|url|transport|auth_type|auth_value|static_headers|extra_headers|allowed_tools|disallowed_tools|access_groups|alias|timeout_ms|max_concurrent_requests|session|pin|description|mcp_info|cwd):.*)$/gm,
      '$1$2',
    )
    .replace(
      /^( *)# ((?:- model_name| +litellm_params| +model| +api_key| +timeout| +max_retries| +weight| +rpm| +tpm| +input_cost_per_token| +output_cost_per_token|  model_info):.*)$/gm,
      '$1$2',
    );
  const { faults, warnings, config } = await loadText(uncommented, {
    env: { GITHUB_TOKEN: 't', OPENAI_API_KEY: 'k' },
  });
  expect([faults, warnings]).toEqual([[], []]);
  expect(config?.upstreams.map(({ name }) => name)).toEqual(['demo', 'fetch', 'gh']);
  expect(config?.models).toHaveLength(2);
});

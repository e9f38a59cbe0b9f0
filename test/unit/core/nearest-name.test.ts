import { describe, expect, it } from '@jest/globals';

import { nearestName } from '../../../src/core/nearest-name.js';

const known = [
  'model_list',
  'mcp_servers',
  'general_settings',
  'litellm_settings',
  'url',
  'auth_type',
  'auth_value',
];

describe('nearestName', () => {
  it.each([
    ['mcp_server', 'mcp_servers'],
    ['mpc_servers', 'mcp_servers'],
    ['MCP_Servers', 'mcp_servers'],
    ['genral_setings', 'general_settings'],
    ['auth_typ', 'auth_type'],
    ['auth_vlaue', 'auth_value'],
    ['ulr', 'url'],
    ['urls', 'url'],
    ['url', 'url'],
    ['litelm_setings', 'litellm_settings'],
    ['mcp_server_lst', 'mcp_servers'],
    ['general', 'general_settings'],
  ])('%s: did you mean %s', (name, expected) => expect(nearestName(name, known)).toBe(expected));

  it.each(['', 'x', 'ur', 'description', 'settings', 'auth', 'models', 'x'.repeat(1_000_000)])(
    'knows nothing near %.20s',
    (name) => expect(nearestName(name, known)).toBeNull(),
  );

  it('takes the nearest, of equally near ones the first', () => {
    expect(nearestName('abcdef', ['abcdxy', 'abcdex'])).toBe('abcdex');
    expect(nearestName('abcdef', ['abcdex', 'abcdey'])).toBe('abcdex');
  });
});

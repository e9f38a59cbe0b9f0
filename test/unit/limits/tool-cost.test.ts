import { describe, expect, it } from '@jest/globals';

import { toolCost } from '../../../src/limits/tool-cost.js';

const info = {
  mcp_server_cost_info: {
    default_cost_per_query: 0.01,
    tool_name_to_cost_per_query: { search: 0.5, free: 0, bad: -1 },
  },
};

describe('toolCost', () => {
  it.each([
    ['search', 0.5],
    ['free', 0],
    ['bad', 0.01],
    ['anything', 0.01],
    ['constructor', 0.01],
    ['__proto__', 0.01],
  ])('%s costs %d', (tool, cost) => expect(toolCost(info, tool)).toBe(cost));

  it.each([
    {},
    { mcp_server_cost_info: null },
    { mcp_server_cost_info: 'x' },
    { mcp_server_cost_info: { default_cost_per_query: '0.5' } },
    { mcp_server_cost_info: { default_cost_per_query: Number.NaN, tool_name_to_cost_per_query: [1] } },
    { mcp_server_cost_info: { tool_name_to_cost_per_query: { search: Infinity } } },
  ])('is nothing for %j', (odd) => expect(toolCost(odd, 'search')).toBe(0));
});

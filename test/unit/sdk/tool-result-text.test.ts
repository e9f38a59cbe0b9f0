import { describe, expect, it } from '@jest/globals';

import { toolResultText } from '../../../src/sdk/index.js';

describe('toolResultText', () => {
  it.each([
    [{ content: [] }, ''],
    [
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      'a\nb',
    ],
    [{ content: [{ type: 'text', text: '42' }], structuredContent: { sum: 42 } }, '42'],
    [{ content: [], structuredContent: { sum: 42 } }, '{"sum":42}'],
    [{ content: [{ type: 'text', text: 'no' }], isError: true }, 'Error: no'],
    [
      {
        content: [
          { type: 'image', data: 'AAAA', mimeType: 'image/png' },
          { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
          { type: 'resource_link', uri: 'file:///a', name: 'a' },
          { type: 'resource', resource: { uri: 'file:///b', text: 'inside' } },
          { type: 'resource', resource: { uri: 'file:///c', blob: 'AAAA' } },
          { type: 'novelty' },
        ],
      },
      '[image image/png]\n[audio audio/wav]\n[resource file:///a]\ninside\n[resource file:///c]\n[novelty]',
    ],
  ])('%j', (result, text) => expect(toolResultText(result)).toBe(text));
});

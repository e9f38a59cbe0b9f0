import { describe, expect, it } from '@jest/globals';

import { resolveStored } from '../../../src/upstream-registry/stored/stored-variables.js';

const variables = {
  allowList: ['TOKEN', 'EMPTY', 'MISSING'],
  env: { TOKEN: 'value', EMPTY: '', SECRET: 'never shown' },
};

describe('variables in stored values', () => {
  it.each([
    ['plain', 'plain'],
    ['Bearer ${TOKEN}', 'Bearer value'],
    ['${TOKEN}-${TOKEN}', 'value-value'],
    ['os.environ/TOKEN', 'value'],
    ['${EMPTY:-fallback}', 'fallback'],
    ['${MISSING:-}', ''],
    ['$${SECRET}', '${SECRET}'],
    ['$TOKEN and os.environ/TOKEN', '$TOKEN and os.environ/TOKEN'],
  ])('%s becomes %s', (text, resolved) => {
    expect(resolveStored(text, variables)).toBe(resolved);
  });

  it.each([
    '${SECRET}',
    'os.environ/SECRET',
    '${SECRET:-x}',
    '${}',
    '${token}',
    'a${TOKEN}${SECRET}',
    '${TOKEN:x}',
  ])('%s names what is not allow-listed', (text) => {
    expect(() => resolveStored(text, variables)).toThrow(/mcp_stored_variable_allow_list/);
  });

  it.each(['${MISSING}', 'os.environ/EMPTY'])('%s is not set', (text) => {
    expect(() => resolveStored(text, variables)).toThrow('not set');
  });

  it('a reference that never ends is not taken for text', () => {
    expect(() => resolveStored('${TOKEN', variables)).toThrow('never closed');
  });

  it('no value of a variable that is not named stands in a complaint', () => {
    expect(() => resolveStored('${SECRET}', variables)).not.toThrow(/never shown/);
  });
});

import { expect, test } from '@jest/globals';

import type { CatalogLists } from '../../../src/core/catalog.js';
import { readConditions } from '../../../src/upstream-registry/catalog/condition-reader.js';

const count = 2_000;

test('the work grows with a list, not with its square', async () => {
  let looks = 0;
  /** Thousands of tools whose names are never the same twice, each counting how often it is looked at. */
  const manyTools = (prefix: string): CatalogLists => ({
    tools: Array.from({ length: count }, (_, i) => ({
      json: '{}',
      get name() {
        looks++;
        return `${prefix}${i}`;
      },
    })),
    prompts: [],
    resources: [],
    resourceTemplates: [],
  });
  let reading = 0;
  const readAs = (): Promise<CatalogLists> => Promise.resolve(manyTools(`reading${reading++}_`));
  const found = await readConditions(manyTools('base'), readAs, () => undefined);
  expect(found.tools).toHaveLength(count);
  expect(looks).toBeLessThan(20 * count);
});

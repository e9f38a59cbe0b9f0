import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { IdMap } from '../../../src/core/id-map.js';

describe('IdMap', () => {
  test('holds what a Map would hold, whatever is done with it', () => {
    // Ids close together, and far ones that want the same slots.
    const id = fc.oneof(
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(16, 32, 48, 2 ** 31, 2 ** 40, 2 ** 53 - 1),
    );
    const step = fc.record({ id, isSet: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const map = new IdMap<number>();
        const model = new Map<number, number>();
        steps.forEach((it, index) => {
          if (it.isSet) {
            map.set(it.id, index);
            model.set(it.id, index);
          } else {
            map.delete(it.id);
            model.delete(it.id);
          }
          expect(map.size).toBe(model.size);
          expect(map.get(it.id)).toBe(model.get(it.id));
        });
        expect(new Set(map.values())).toEqual(new Set(model.values()));
        for (const [key, value] of model) expect(map.get(key)).toBe(value);
      }),
    );
  });

  test('grows for a crowd, and lets all of it go', () => {
    const map = new IdMap<string>();
    for (let id = 1; id <= 20_000; id++) map.set(id, `value ${id}`);
    expect(map.get(19_999)).toBe('value 19999');
    for (let id = 1; id <= 20_000; id++) map.delete(id);
    expect(map.size).toBe(0);
    expect(map.values()).toEqual([]);
    map.set(20_001, 'again');
    expect(map.get(20_001)).toBe('again');
    map.clear();
    expect(map.get(20_001)).toBeUndefined();
  });
});

import { expect, test } from '@jest/globals';

import { ProtocolMemory } from '../../../src/upstream-registry/protocol-memory.js';

const day = 24 * 60 * 60 * 1_000;

test('what was found out holds for a day, however often it is confirmed', () => {
  let now = 1_000;
  const memory = new ProtocolMemory(() => now);
  expect(memory.known).toBeNull();
  memory.found('http', 'modern');
  now += day - 1;
  memory.found('http', 'modern');
  expect(memory.known).toEqual({ transport: 'http', era: 'modern', foundAt: new Date(1_000) });
  now += 1;
  expect(memory.known).toBeNull();
  expect(memory.last?.era).toBe('modern');
});

test('another finding has its own date, and what was wrong is forgotten', () => {
  let now = 0;
  const memory = new ProtocolMemory(() => now);
  memory.found('http', 'modern');
  now = day / 2;
  memory.found('http', 'legacy');
  expect(memory.known).toEqual({ transport: 'http', era: 'legacy', foundAt: new Date(day / 2) });
  memory.forget();
  expect([memory.known, memory.last]).toEqual([null, null]);
});

import { expect, test } from '@jest/globals';

import { sessionRandom, sessionRandomBytes } from '../../../src/mcp/session-random.js';

test('no session has the random bytes of another, and none has them changed afterwards', () => {
  const all = Array.from({ length: 2_000 }, sessionRandom);
  const texts = all.map((bytes) => bytes.toString('hex'));
  sessionRandom();
  expect(new Set(texts).size).toBe(2_000);
  expect(all.map((bytes) => bytes.toString('hex'))).toEqual(texts);
  expect(all.every((bytes) => bytes.length === sessionRandomBytes && !bytes.equals(Buffer.alloc(16)))).toBe(
    true,
  );
});

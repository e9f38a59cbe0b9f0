import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';

import { expect, test } from '@jest/globals';

import { atEndOfTurn, joinWrites } from '../../../src/core/turn.js';

test('what is put off runs in its order, after all that is ready, and with what is put off meanwhile', async () => {
  const done: string[] = [];
  atEndOfTurn(() => {
    done.push('first');
    atEndOfTurn(() => done.push('third'));
  });
  atEndOfTurn(() => done.push('second'));
  await Promise.resolve();
  expect(done).toEqual([]);
  await turn();
  expect(done).toEqual(['first', 'second', 'third']);
});

test('in a burst the first do not wait for the last', async () => {
  const done: number[] = [];
  for (let n = 1; n <= 20; n++) {
    atEndOfTurn(() => done.push(n));
    await Promise.resolve();
  }
  expect(done).toHaveLength(16);
  await turn();
  expect(done).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

test('writes of one turn are one', async () => {
  const batches: number[] = [];
  const stream = new PassThrough();
  stream._writev = (chunks, done) => {
    batches.push(chunks.length);
    done();
  };
  for (const text of ['a', 'b', 'c']) {
    joinWrites(stream);
    stream.write(text);
  }
  expect(batches).toEqual([]);
  await turn();
  expect(batches).toEqual([3]);
  expect(stream.writableCorked).toBe(0);
  joinWrites(null);
});

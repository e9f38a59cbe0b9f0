import { describe, expect, test } from '@jest/globals';

import { freeMemory } from '../../../src/http-client/free-memory.js';

const bytes = 64 * 1024;

describe('freeMemory', () => {
  test('gives back memory that only these bytes have', () => {
    const buffer = Buffer.allocUnsafeSlow(bytes);
    freeMemory(buffer);
    expect([buffer.byteLength, buffer.buffer.byteLength]).toEqual([0, 0]);
  });

  test('leaves what has its memory together with others', () => {
    const whole = Buffer.alloc(2 * bytes, 'x');
    freeMemory(whole.subarray(0, bytes));
    freeMemory(whole.subarray(bytes));
    expect(whole.equals(Buffer.alloc(2 * bytes, 'x'))).toBe(true);
  });

  test('leaves what is small, whosever it is', () => {
    const [pooled, own] = [Buffer.from('abc'), Buffer.allocUnsafeSlow(1024).fill('x')];
    freeMemory(pooled);
    freeMemory(own);
    expect(`${pooled.toString()}${own.length}`).toBe('abc1024');
  });
});

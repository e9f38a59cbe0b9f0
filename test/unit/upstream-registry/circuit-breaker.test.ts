import { beforeEach, describe, expect, test } from '@jest/globals';

import { CircuitBreaker } from '../../../src/upstream-registry/connection/circuit-breaker.js';

describe('CircuitBreaker', () => {
  let now = 0;
  let breaker: CircuitBreaker;
  const fail = (times: number): void => {
    for (let i = 0; i < times; i++) breaker.onFailure();
  };

  beforeEach(() => {
    now = 1_000;
    breaker = new CircuitBreaker(() => now);
  });

  test('opens at the fifth failure in a row', () => {
    fail(4);
    expect([breaker.isOpen, breaker.admit()]).toEqual([false, 0]);
    fail(1);
    expect([breaker.isOpen, breaker.admit()]).toEqual([true, 1_000]);
  });

  test('an answer in between starts the count anew', () => {
    fail(4);
    breaker.onAnswer();
    fail(4);
    expect(breaker.isOpen).toBe(false);
  });

  test('lets one trial through when its time is over, and closes with its answer', () => {
    fail(5);
    now += 999;
    expect(breaker.admit()).toBe(1);
    now += 1;
    expect(breaker.admit()).toBe(0);
    expect(breaker.admit()).toBeGreaterThan(0);
    breaker.onAnswer();
    expect([breaker.isOpen, breaker.admit()]).toEqual([false, 0]);
  });

  test('stays open twice as long after each failed trial, up to 15 s', () => {
    fail(5);
    const waits = Array.from({ length: 6 }, () => {
      now += breaker.admit();
      expect(breaker.admit()).toBe(0);
      breaker.onFailure();
      return breaker.admit();
    });
    expect(waits).toEqual([2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  test('a trial that never ends does not close the way for ever', () => {
    fail(5);
    now += 1_000;
    expect(breaker.admit()).toBe(0);
    now += 5_000;
    expect(breaker.admit()).toBe(0);
  });

  test('late failures of calls from before do not count as failed trials', () => {
    fail(8);
    expect(breaker.admit()).toBe(1_000);
  });

  test('a new connection closes it', () => {
    fail(5);
    breaker.reset();
    expect([breaker.isOpen, breaker.admit()]).toEqual([false, 0]);
  });
});

import { beforeEach, describe, expect, test } from '@jest/globals';

import { GatewayError, type ErrorCode } from '../../../src/core/errors.js';
import { CircuitBreakers } from '../../../src/upstream-registry/connection/circuit-breakers.js';
import {
  TransportFault,
  type FaultScope,
} from '../../../src/upstream-registry/transports/transport-fault.js';

const good = { method: 'tools/call', name: 'good' };
const bad = { method: 'tools/call', name: 'bad' };
const worse = { method: 'tools/call', name: 'worse' };

const timeout = new GatewayError('UPSTREAM_TIMEOUT', { upstream: 'up' });
const fault = (code: ErrorCode, scope: FaultScope): GatewayError =>
  new TransportFault(code, 'call', 'failed', { scope }).toGatewayError('up');

describe('circuits of one upstream', () => {
  let now = 0;
  let breakers: CircuitBreakers;
  const fail = (times: number, target = bad, error = timeout): void => {
    for (let i = 0; i < times; i++) breakers.onFailure(target, error);
  };

  beforeEach(() => {
    now = 1_000;
    breakers = new CircuitBreakers(() => now);
  });

  test.each([
    ['times out', timeout],
    ['floods us', fault('UPSTREAM_RESPONSE_TOO_LARGE', 'request')],
    ['breaks its connection', fault('UPSTREAM_UNAVAILABLE', 'request')],
  ])('a tool that %s takes nothing else out', (_, error) => {
    fail(50, bad, error);
    expect(breakers.admit(bad)).toBe(1_000);
    expect(breakers.admit(good)).toBe(0);
    expect(breakers.admit({ method: 'resources/read', name: 'bad' })).toBe(0);
  });

  test('a tool that floods us is asked twice, not five times', () => {
    fail(1, bad, fault('UPSTREAM_RESPONSE_TOO_LARGE', 'request'));
    expect(breakers.admit(bad)).toBe(0);
    fail(1, bad, fault('UPSTREAM_RESPONSE_TOO_LARGE', 'request'));
    expect(breakers.admit(bad)).toBe(1_000);
  });

  test('answers of others do not make it better', () => {
    for (let i = 0; i < 5; i++) {
      fail(1);
      breakers.onAnswer(good);
    }
    expect([breakers.admit(bad), breakers.admit(good)]).toEqual([1_000, 0]);
    breakers.onAnswer(bad);
    expect(breakers.admit(bad)).toBe(0);
  });

  test('what cannot be reached is not asked for anything', () => {
    fail(5, bad, fault('UPSTREAM_UNAVAILABLE', 'connection'));
    expect([breakers.admit(bad), breakers.admit(good)]).toEqual([1_000, 1_000]);
    breakers.onConnected();
    expect([breakers.admit(bad), breakers.admit(good)]).toEqual([0, 0]);
  });

  test('nor is what answers none of several things', () => {
    fail(3);
    fail(4, worse);
    expect(breakers.admit(good)).toBe(0);
    fail(1, worse);
    expect(breakers.admit(good)).toBe(1_000);
  });

  test('an error that the upstream answers is no failure', () => {
    fail(50, bad, fault('UPSTREAM_INVALID_RESPONSE', 'request'));
    expect([breakers.admit(bad), breakers.isOpen]).toEqual([0, false]);
  });

  test('is open as long as calls are refused', () => {
    fail(5);
    expect(breakers.isOpen).toBe(true);
    now += 1_000;
    expect(breakers.isOpen).toBe(false);
  });

  test('names without an end are forgotten, the oldest first', () => {
    fail(5);
    for (let i = 0; i < 300; i++) {
      fail(1, { method: 'resources/read', name: String(i) });
      breakers.onAnswer(good);
    }
    expect(breakers.admit(bad)).toBe(0);
  });
});

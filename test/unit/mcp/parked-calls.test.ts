import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';

import { allFeatures } from '../../../src/core/client-features.js';
import { ModernExchange } from '../../../src/mcp/modern-exchange.js';
import { ParkedCalls } from '../../../src/mcp/parked-calls.service.js';
import { PostExchange } from '../../../src/mcp/post-exchange.js';
import { SessionSecret } from '../../../src/mcp/session-secret.service.js';
import type { StateOwner } from '../../../src/mcp/state-seal.js';

const owner: StateOwner = { keyId: 'key', method: 'tools/call', name: 'up__tool' };

describe('a call that waits for its client', () => {
  let secret: SessionSecret;
  let calls: ParkedCalls;

  beforeEach(() => {
    jest.useFakeTimers();
    secret = new SessionSecret();
    calls = new ParkedCalls(secret);
  });

  afterEach(() => {
    calls.onModuleDestroy();
    jest.useRealTimers();
  });

  /** An exchange as it is once its POST was answered with the questions. */
  function waiting(): { exchange: ModernExchange; cancelled: string[]; isEnded: () => boolean } {
    const cancelled: string[] = [];
    let isEnded = false;
    const options = { name: '', maxBufferedBytes: 1_000, isResumable: false, onDone: () => undefined };
    const request = Object.assign(new IncomingMessage(new Socket()), { requestId: 'r' });
    const post = new PostExchange(request, new ServerResponse(request), options, 1, false);
    const exchange = new ModernExchange({ post, id: 1 }, owner.method, {
      features: allFeatures,
      upstreamState: undefined,
      seal: (state) => state,
      park: (it) => calls.park(owner, it),
      onEnd: () => (isEnded = true),
    });
    exchange.own({ cancel: (reason) => void cancelled.push(reason) });
    return { exchange, cancelled, isEnded: () => isEnded };
  }

  function opened(state: string): Parameters<ParkedCalls['take']>[0] {
    const open = secret.states.open(state, owner);
    if (open.kind !== 'parked') throw new Error('not a parked call');
    return open;
  }

  test('is called off when the client does not come back in time', () => {
    const { exchange, cancelled, isEnded } = waiting();
    const state = calls.park(owner, exchange);
    jest.advanceTimersByTime(299_000);
    expect(cancelled).toEqual([]);
    jest.advanceTimersByTime(2_000);
    expect([cancelled, isEnded()]).toEqual([['the client did not come back with the input'], true]);
    expect(() => opened(state)).toThrow('its time is over');
  });

  test('is taken once, and then nothing calls it off', () => {
    const { exchange, cancelled } = waiting();
    const parked = opened(calls.park(owner, exchange));
    expect(calls.take(parked)).toBe(exchange);
    expect(() => calls.take(parked)).toThrow('not valid');
    jest.advanceTimersByTime(600_000);
    expect(cancelled).toEqual([]);
  });

  test('is called off when the gateway stops, and another replica names the one that had it', () => {
    const { exchange, cancelled } = waiting();
    const parked = opened(calls.park(owner, exchange));
    calls.onModuleDestroy();
    expect(cancelled).toEqual(['the gateway stops']);
    expect(() => new ParkedCalls(secret).take(parked)).toThrow(
      `another replica of the gateway (${parked.replica})`,
    );
  });

  test('leaves room for those of other keys', () => {
    for (let i = 0; i < 100; i++) calls.park(owner, waiting().exchange);
    expect(() => calls.park(owner, waiting().exchange)).toThrow('Too many calls');
    expect(calls.park({ ...owner, keyId: 'other' }, waiting().exchange)).toMatch(/^toolgate\./);
  });
});

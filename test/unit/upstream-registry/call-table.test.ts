import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';

import type { GatewayError } from '../../../src/core/errors.js';
import { CallTable } from '../../../src/upstream-registry/connection/call-table.js';
import type { PendingCall } from '../../../src/upstream-registry/connection/pending-call.js';

describe('times of a call', () => {
  let table: CallTable;
  let ended: (string | null)[] = [];

  beforeEach(() => {
    jest.useFakeTimers();
    table = new CallTable('up');
    ended = [];
  });

  afterEach(() => {
    table.close();
    jest.useRealTimers();
  });

  const open = (timeoutMs: number, idleTimeoutMs: number | null): PendingCall => {
    const request = { method: 'tools/call', encodeParams: () => '{}' };
    const onCallEnd = (_: PendingCall, error: GatewayError | null): void =>
      void ended.push(error?.code ?? null);
    const call = table.open(request, { timeoutMs, idleTimeoutMs }, { onCallEnd });
    call.outcome.catch(() => undefined);
    return call;
  };

  test('without progress it ends after the idle time', () => {
    open(10_000, 1_000);
    jest.advanceTimersByTime(950);
    expect(ended).toEqual([]);
    jest.advanceTimersByTime(100);
    expect(ended).toEqual(['UPSTREAM_TIMEOUT']);
  });

  test('progress starts the idle time anew, and never extends the whole', () => {
    const call = open(3_000, 1_000);
    for (let i = 0; i < 5; i++) {
      jest.advanceTimersByTime(550);
      call.onProgress();
    }
    expect(ended).toEqual([]);
    jest.advanceTimersByTime(300);
    expect(ended).toEqual(['UPSTREAM_TIMEOUT']);
  });

  test('left out, silence is as good as anything', () => {
    open(10_000, null);
    jest.advanceTimersByTime(9_900);
    expect(ended).toEqual([]);
    jest.advanceTimersByTime(150);
    expect(ended).toEqual(['UPSTREAM_TIMEOUT']);
  });
});

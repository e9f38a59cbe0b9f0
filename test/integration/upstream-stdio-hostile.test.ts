import { readdirSync, readFileSync } from 'node:fs';

import { afterEach, describe, expect, test } from '@jest/globals';

import {
  startRegistry,
  callTool,
  readyUpstream,
  startCall,
  textOf,
  until,
} from '../support/upstreams/registry.js';
import { stdio, upstreamConfig } from '../support/upstreams/config.js';
import { runnable } from '../support/upstreams/runnable.js';
import type { Upstream } from '../../src/upstream-registry/upstream.js';
import type { UpstreamRegistry } from '../../src/upstream-registry/upstream-registry.service.js';

const hostile = (...more: string[]): { command: string; args: string[] } => ({
  command: process.execPath,
  args: [runnable('hostile-stdio'), ...more],
});

/** Processes of this machine whose command line holds the text. */
function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}

describe('an upstream over stdio that misbehaves', () => {
  let registry: UpstreamRegistry;
  let marker = '';

  async function start(...more: string[]): Promise<Upstream> {
    marker = `marker-${process.pid}-${performance.now()}`;
    const endpoint = stdio(hostile(marker, ...more), { OWN: 'value-of-its-own', API_KEY: 'stdio-secret' });
    registry = startRegistry([upstreamConfig('bad', endpoint, { timeoutMs: 3_000 })]);
    return readyUpstream(registry, 'bad');
  }

  afterEach(async () => {
    await registry.close();
    expect(processesWith(marker)).toEqual([]);
  });

  test.each(['exit', 'kill', 'close_stdout'])(
    '%s in mid-call fails the call at once, and the next works',
    async (how) => {
      const upstream = await start();
      const startedAt = performance.now();
      const others = ['hang', 'hang'].map((tool) => startCall(upstream.shared, tool).outcome);
      const settled = Promise.allSettled([callTool(upstream.shared, how), ...others]);
      expect(
        (await settled).map((it) =>
          it.status === 'rejected' ? (it.reason as { code: string }).code : 'fine',
        ),
      ).toEqual(Array(3).fill('UPSTREAM_UNAVAILABLE'));
      expect(performance.now() - startedAt).toBeLessThan(1_500);
      expect(textOf(await callTool(upstream.shared, 'ok'))).toBe('ok');
      expect(processesWith(marker)).toHaveLength(1);
    },
  );

  test('a call that may be repeated outlives the process', async () => {
    const upstream = await start();
    const before = processesWith(marker);
    const repeatable = startCall(upstream.shared, 'hang', {}, { isRepeatable: true });
    const once = startCall(upstream.shared, 'hang').outcome.catch((error: unknown) => error);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    expect(await once).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await until('the call to be sent again', () =>
      processesWith(marker).some((pid) => !before.includes(pid)),
    );
    repeatable.cancel('seen enough');
    await expect(repeatable.outcome).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('noise on its stdout is not taken for an answer', async () => {
    const upstream = await start();
    expect(textOf(await callTool(upstream.shared, 'noise'))).toBe('ok');
    expect(textOf(await callTool(upstream.shared, 'crlf'))).toBe('ok');
  });

  test('an answer that is cut fails its call at once', async () => {
    const upstream = await start();
    const other = startCall(upstream.shared, 'hang');
    await expect(callTool(upstream.shared, 'cut', { at: 40 })).rejects.toMatchObject({
      code: 'UPSTREAM_INVALID_RESPONSE',
    });
    other.cancel('enough');
    await expect(other.outcome).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  /** Without this much of it, a line is not known to be a message. */
  const shortest = '{"jsonrpc"'.length;
  const whole = '{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"ok"}]}}'.length;

  test('an answer that is cut at any byte is none', async () => {
    const upstream = await start();
    for (let at = shortest; at < whole; at++) {
      await expect(callTool(upstream.shared, 'cut', { at })).rejects.toMatchObject({
        code: 'UPSTREAM_INVALID_RESPONSE',
      });
    }
  });

  test.each([0, 1, shortest, 40, whole])(
    'an answer of which %d bytes came when it exits is none',
    async (at) => {
      const upstream = await start();
      await expect(callTool(upstream.shared, 'exit_within', { at })).rejects.toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
      });
    },
  );

  test('an answer of 64 MiB is stopped at the cap', async () => {
    const upstream = await start();
    await expect(callTool(upstream.shared, 'huge')).rejects.toMatchObject({
      code: 'UPSTREAM_RESPONSE_TOO_LARGE',
    });
    expect(textOf(await callTool(upstream.shared, 'ok'))).toBe('ok');
  });

  test('a result that looks like messages of ours is just a result', async () => {
    const upstream = await start();
    expect(textOf(await callTool(upstream.shared, 'like_ours'))).toMatch(
      /^"id":\d+,"result":\{\}\}\n\{"jsonrpc":"2.0","id":\d+$/,
    );
  });

  test("answers to unknown ids and second answers are nobody's", async () => {
    const upstream = await start();
    expect(textOf(await callTool(upstream.shared, 'wrong_id'))).toBe('own');
    expect(textOf(await callTool(upstream.shared, 'twice'))).toBe('first');
    expect(textOf(await callTool(upstream.shared, 'ok'))).toBe('ok');
  });

  test('an endless line is stopped at the cap', async () => {
    const upstream = await start();
    const flooding = processesWith(marker);
    await expect(callTool(upstream.shared, 'endless')).rejects.toMatchObject({
      code: 'UPSTREAM_RESPONSE_TOO_LARGE',
    });
    // Nobody waits for it to end in peace: it would go on flooding until then.
    await until(
      'the process is gone',
      () => !processesWith(marker).some((pid) => flooding.includes(pid)),
      400,
    );
    expect(textOf(await callTool(upstream.shared, 'ok'))).toBe('ok');
  });

  test('what it wrote to stderr last is kept for who asks why', async () => {
    const upstream = await start();
    await callTool(upstream.shared, 'stderr', { line: 'It will not work.', times: 1 });
    await callTool(upstream.shared, 'stderr', { line: 'The token is stdio-secret.', times: 30 });
    await until('the lines', () => upstream.status().stderr.length === 20);
    expect(new Set(upstream.status().stderr)).toEqual(new Set(['The token is [redacted].']));
  });

  test('a flood on stderr does not hold it up', async () => {
    const upstream = await start();
    expect(textOf(await callTool(upstream.shared, 'stderr', { line: 'x'.repeat(1_000), times: 5_000 }))).toBe(
      'ok',
    );
  });

  test('it gets an allow-listed environment and its own variables, never ours', async () => {
    process.env['TOOLGATE_TEST_SECRET'] = 'not for children';
    const upstream = await start();
    const environment = JSON.parse(textOf(await callTool(upstream.shared, 'env'))) as Record<string, string>;
    delete process.env['TOOLGATE_TEST_SECRET'];
    expect(environment).toMatchObject({
      OWN: 'value-of-its-own',
      API_KEY: 'stdio-secret',
      PATH: process.env['PATH'],
    });
    const allowed = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'OWN', 'API_KEY'];
    expect(Object.keys(environment).filter((name) => !allowed.includes(name))).toEqual([]);
  });

  test('its secrets are taken out of its errors', async () => {
    const upstream = await start();
    const outcome = await startCall(upstream.shared, 'error', { message: 'key stdio-secret is bad' }).outcome;
    expect(outcome).toEqual({ kind: 'error', error: { code: -1, message: 'key [redacted] is bad' } });
  });

  test('one that ignores every request to end is ended all the same', async () => {
    await start('stubborn');
    const startedAt = performance.now();
    await registry.close();
    expect(processesWith(marker)).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('a frozen one is ended too', async () => {
    await start();
    const [pid = 0] = processesWith(marker);
    process.kill(pid, 'SIGSTOP');
    await registry.close();
    expect(processesWith(marker)).toEqual([]);
  });

  test('what it started goes with it', async () => {
    marker = `marker-${process.pid}-${performance.now()}`;
    const script = `sleep 1000 & exec ${process.execPath} ${runnable('hostile-stdio')} ${marker}`;
    const endpoint = stdio({ command: 'sh', args: ['-c', script] });
    registry = startRegistry([upstreamConfig('bad', endpoint)]);
    await readyUpstream(registry, 'bad');
    const [pid = 0] = processesWith(marker);
    const group = (): number[] =>
      readdirSync('/proc')
        .filter((name) => /^[0-9]+$/.test(name))
        .filter((name) => {
          try {
            const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
            const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
            return state !== 'Z' && Number(processGroup) === pid;
          } catch {
            return false;
          }
        })
        .map(Number);
    expect(group()).toHaveLength(2);
    await registry.close();
    // What a signal was sent to is gone a moment later.
    await until('nothing of the group is left', () => group().length === 0, 1_000);
  });

  test('a command that is not there, or ends at once, is down, and tried again without a hurry', async () => {
    marker = `marker-${process.pid}-${performance.now()}`;
    registry = startRegistry([
      upstreamConfig('missing', stdio({ command: '/no/such/command', args: [] })),
      upstreamConfig('crash', stdio(hostile(marker, 'crash'))),
    ]);
    for (const name of ['missing', 'crash']) {
      const upstream = registry.get(name);
      await until(`${name} down`, () => upstream?.status().state === 'down');
      const failure = upstream?.status().lastFailure;
      expect([failure?.stage, failure?.message]).toEqual(
        name === 'missing' ? ['spawn', 'could not be started'] : ['initialize', 'exited with code 1'],
      );
      const startedAt = performance.now();
      await expect(
        upstream?.shared.request({ method: 'tools/call', encodeParams: () => '{}' }).outcome,
      ).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
      expect(performance.now() - startedAt).toBeLessThan(5_500);
    }
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { Secret } from '../../src/core/secret.js';
import type { UpstreamRegistry } from '../../src/upstream-registry/upstream-registry.service.js';
import type { Upstream, UpstreamNotification } from '../../src/upstream-registry/upstream.js';
import { remote, upstreamConfig } from '../support/upstreams/config.js';
import { HostileServer } from '../support/upstreams/hostile.js';
import {
  callTool,
  readyUpstream,
  startCall,
  startRegistry,
  textOf,
  until,
} from '../support/upstreams/registry.js';

const MiB = 1024 * 1024;

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);

describe('an upstream over HTTP that misbehaves', () => {
  let server: HostileServer;
  let registry: UpstreamRegistry;
  let upstream: Upstream;

  beforeAll(async () => {
    server = await HostileServer.start();
    const auth = { type: 'bearer_token', value: new Secret('very-secret-token') } as const;
    const staticHeaders = { 'X-Team': new Secret('platform-team') };
    registry = startRegistry([
      upstreamConfig('bad', remote(server.url, { auth, staticHeaders, transport: 'http' }), {
        timeoutMs: 3_000,
      }),
    ]);
    upstream = await readyUpstream(registry, 'bad');
  });

  afterEach(async () => {
    // Whatever happened: the next call is fine.
    expect(textOf(await callTool(upstream.shared, 'ok'))).toBe('ok');
    expect(upstream.status().inFlight).toBe(0);
  });

  afterAll(async () => {
    await registry.close();
    await until('all sockets to be closed', () => server.openSockets === 0);
    await server.close();
  });

  test.each([
    ['reset', 'UPSTREAM_UNAVAILABLE'],
    ['close', 'UPSTREAM_UNAVAILABLE'],
    ['events_none', 'UPSTREAM_UNAVAILABLE'],
    ['events_cut_off', 'UPSTREAM_UNAVAILABLE'],
    ['not_http', 'UPSTREAM_INVALID_RESPONSE'],
    ['garbage', 'UPSTREAM_INVALID_RESPONSE'],
    ['html', 'UPSTREAM_INVALID_RESPONSE'],
    ['no_type', 'UPSTREAM_INVALID_RESPONSE'],
    ['json_as_events', 'UPSTREAM_INVALID_RESPONSE'],
    ['events_as_json', 'UPSTREAM_INVALID_RESPONSE'],
    ['accepted', 'UPSTREAM_INVALID_RESPONSE'],
    ['empty', 'UPSTREAM_INVALID_RESPONSE'],
    ['array', 'UPSTREAM_INVALID_RESPONSE'],
    ['two_in_one', 'UPSTREAM_INVALID_RESPONSE'],
    ['wrong_id', 'UPSTREAM_INVALID_RESPONSE'],
    ['string_id', 'UPSTREAM_INVALID_RESPONSE'],
    ['no_id', 'UPSTREAM_INVALID_RESPONSE'],
    ['no_result', 'UPSTREAM_INVALID_RESPONSE'],
    ['text_result', 'UPSTREAM_INVALID_RESPONSE'],
    ['bad_error', 'UPSTREAM_INVALID_RESPONSE'],
    ['events_half', 'UPSTREAM_INVALID_RESPONSE'],
    ['events_garbage', 'UPSTREAM_INVALID_RESPONSE'],
    ['gzip_broken', 'UPSTREAM_INVALID_RESPONSE'],
    ['strange_encoding', 'UPSTREAM_INVALID_RESPONSE'],
    ['gzip_bomb', 'UPSTREAM_RESPONSE_TOO_LARGE'],
    ['huge_said', 'UPSTREAM_RESPONSE_TOO_LARGE'],
  ])('%s is told at once as %s', async (tool, code) => {
    const startedAt = performance.now();
    await expect(callTool(upstream.shared, tool)).rejects.toMatchObject({ code });
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  test.each(['huge', 'huge_event'])('%s of 64 MiB is stopped at the cap', async (tool) => {
    await expect(callTool(upstream.shared, tool, { bytes: 64 * MiB })).rejects.toMatchObject({
      code: 'UPSTREAM_RESPONSE_TOO_LARGE',
    });
  });

  test('a refusal of 64 MiB is not read to its end', async () => {
    await expect(callTool(upstream.shared, 'huge_refusal')).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    });
  });

  /** Longer than any of the answers that are cut. */
  const longest = 120;

  test.each([
    ['cut', 'ends as if it were whole', ['UPSTREAM_INVALID_RESPONSE']],
    ['cut_events', 'ends as if it were whole', ['UPSTREAM_INVALID_RESPONSE', 'UPSTREAM_UNAVAILABLE']],
    ['hang_up_within', 'ends with its connection', ['UPSTREAM_UNAVAILABLE']],
    ['hang_up_within_events', 'ends with its connection', ['UPSTREAM_UNAVAILABLE']],
  ])('%s: an answer that %s, at every byte, is none', async (tool, _, codes) => {
    const seen = new Set<unknown>();
    for (let missing = 1; missing <= longest; missing++) {
      seen.add(await callTool(upstream.shared, tool, { missing }).catch(codeOf));
    }
    expect([...seen].sort()).toEqual(codes);
  });

  test.each([
    [400, 'UPSTREAM_INVALID_RESPONSE'],
    [401, 'UPSTREAM_REJECTED_CREDENTIALS'],
    [403, 'UPSTREAM_REJECTED_CREDENTIALS'],
    [418, 'UPSTREAM_INVALID_RESPONSE'],
    [429, 'OVERLOADED'],
    [500, 'UPSTREAM_UNAVAILABLE'],
    [503, 'UPSTREAM_UNAVAILABLE'],
    [504, 'UPSTREAM_TIMEOUT'],
  ])('status %d is %s, without its text', async (status, code) => {
    const error: unknown = await callTool(upstream.shared, 'status', { status }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code, details: { upstream: 'bad', retryAfterSeconds: 7 } });
    expect((error as Error).message).not.toContain('secret');
  });

  test('a JSON-RPC error in a reply with an error status is an answer', async () => {
    const outcome = await startCall(upstream.shared, 'status_with_error', { status: 400 }).outcome;
    expect(outcome).toEqual({ kind: 'error', error: { code: -32_000, message: 'A JSON-RPC error' } });
  });

  test('our credentials are taken out of an error the upstream answers', async () => {
    const message = 'Token very-secret-token of platform-team is bad: Bearer very-secret-token';
    const outcome = await startCall(upstream.shared, 'error', { message }).outcome;
    const redacted = 'Token [redacted] of [redacted] is bad: Bearer [redacted]';
    expect(outcome).toEqual({
      kind: 'error',
      error: { code: -32_050, message: redacted, data: { nested: [redacted] } },
    });
  });

  test('a result that looks like messages of ours is just a result', async () => {
    expect(textOf(await callTool(upstream.shared, 'result_with_ids'))).toBe('"id":1,"result":{}}{"id":2');
  });

  test.each(['ok_events', 'drip', 'gzip', 'deflate', 'brotli', 'gzip_events'])('%s is fine', async (tool) => {
    expect(textOf(await callTool(upstream.shared, tool))).toBe('ok');
  });

  test('of two answers on a stream the first counts', async () => {
    expect(textOf(await callTool(upstream.shared, 'events_two'))).toBe('first');
  });

  test("answers with another call's id, or with ours as text, are nobody's", async () => {
    const other = startCall(upstream.shared, 'slow', { ms: 200 });
    expect(textOf(await callTool(upstream.shared, 'events_foreign_first'))).toBe('own');
    expect(await other.outcome).toMatchObject({ kind: 'result' });
  });

  test('an event stream may be as odd as the specification allows', async () => {
    expect(await callTool(upstream.shared, 'events_odd')).toEqual({});
  });

  test('only progress with the token of the call is told', async () => {
    const told: UpstreamNotification[] = [];
    await callTool(upstream.shared, 'events_progress', {}, { onNotification: (it) => told.push(it) });
    expect(told).toEqual([{ method: 'notifications/progress', paramsJson: '{"progress":1}' }]);
  });

  test('a stream that is closed before the answer is taken up where it stopped', async () => {
    expect(await callTool(upstream.shared, 'events_resumable')).toEqual({ content: [] });
  });

  test('a call whose stream cannot be taken up again is not sent again: it has run', async () => {
    await expect(callTool(upstream.shared, 'events_forgotten')).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    });
    expect(server.callsOf('events_forgotten')).toBe(1);
  });

  test('a stream that never ends behind its answer does not keep its socket', async () => {
    const before = server.openSockets;
    await Promise.all(Array.from({ length: 20 }, () => callTool(upstream.shared, 'events_endless')));
    await until('the sockets to be let go', () => server.openSockets <= before + 1, 5_000);
  });

  test('a flood of pings is not answered without bound', async () => {
    const before = server.received.length;
    await callTool(upstream.shared, 'events_ping_flood');
    expect(server.received.length - before).toBeLessThan(200);
  });

  test('headers: ours win, the gateway never adds any of a client on its own', async () => {
    const headers = {
      authorization: 'Bearer of-the-client',
      'x-team': 'other',
      'x-trace': 'abc',
      host: 'evil',
    };
    const sent = JSON.parse(
      textOf(await callTool(upstream.shared, 'echo_headers', {}, { headers })),
    ) as object;
    expect(sent).toMatchObject({
      authorization: 'Bearer very-secret-token',
      'x-team': 'platform-team',
      'x-trace': 'abc',
      host: server.url.host,
      'mcp-protocol-version': '2025-11-25',
      'accept-encoding': 'identity',
    });
    const alone = JSON.parse(textOf(await callTool(upstream.shared, 'echo_headers'))) as object;
    expect(alone).not.toHaveProperty('x-trace');
  });

  test('a header that cannot be sent fails its call alone', async () => {
    const headers = { 'x-trace': 'a\r\nevil: 1' };
    await expect(callTool(upstream.shared, 'ok', {}, { headers })).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    });
  });

  test.each(['https://example.org/mcp', 'http://127.0.0.1:1/mcp', '//example.org/', 'nonsense:'])(
    'a redirect to %s is not followed',
    async (location) => {
      await expect(callTool(upstream.shared, 'redirect', { status: 307, location })).rejects.toMatchObject({
        code: 'UPSTREAM_INVALID_RESPONSE',
      });
    },
  );

  test('a hung call times out by itself and is cancelled upstream', async () => {
    await expect(callTool(upstream.shared, 'hang')).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    await until('the cancellation', () => server.count('notifications/cancelled') > 0);
  });

  test.each([
    [404, 'Session not found'],
    [400, 'Bad Request: No valid session ID provided'],
    [
      400,
      '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: Server not initialized"},"id":null}',
    ],
  ] as const)('a session lost with %d "%s" is opened anew, the calls sent again', async (status, text) => {
    const initialized = server.count('initialize');
    server.mood.lostStatus = status;
    server.mood.lostText = text;
    expect(textOf(await callTool(upstream.shared, 'ok'))).toBe('ok');
    server.forgetSessions();
    const answers = await Promise.all(Array.from({ length: 50 }, () => callTool(upstream.shared, 'ok')));
    expect(answers.map(textOf)).toEqual(Array<string>(50).fill('ok'));
    expect(server.count('initialize')).toBe(initialized + 2);
    expect(upstream.status().state).toBe('ready');
  });

  test('a call that may have run is not sent again, one that may be repeated is', async () => {
    const before = server.callsOf('reset');
    await expect(callTool(upstream.shared, 'reset')).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(server.callsOf('reset')).toBe(before + 1);
    await expect(callTool(upstream.shared, 'reset', {}, { isRepeatable: true })).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    });
    expect(server.callsOf('reset')).toBe(before + 3);
  });
});

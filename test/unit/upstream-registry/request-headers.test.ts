import { describe, expect, test } from '@jest/globals';

import { Secret } from '../../../src/core/secret.js';
import type { UpstreamAuth } from '../../../src/core/upstream.js';
import { RequestHeaders } from '../../../src/upstream-registry/transports/http/request-headers.js';
import { remote } from '../../support/upstreams/config.js';

function headers(auth: UpstreamAuth, own: Record<string, string> = {}): RequestHeaders {
  const staticHeaders = Object.fromEntries(
    Object.entries(own).map(([name, value]) => [name, new Secret(value)]),
  );
  return new RequestHeaders(remote('http://x/', { auth, staticHeaders }));
}

const none: UpstreamAuth = { type: 'none' };

describe('RequestHeaders', () => {
  test.each([
    ['bearer_token', 'abc', ['authorization', 'Bearer abc']],
    ['bearer_token', 'Bearer abc', ['authorization', 'Bearer abc']],
    ['api_key', 'abc', ['x-api-key', 'abc']],
    ['basic', 'user:pass', ['authorization', 'Basic dXNlcjpwYXNz']],
    ['basic', 'dXNlcjpwYXNz', ['authorization', 'Basic dXNlcjpwYXNz']],
    ['basic', 'Basic dXNlcjpwYXNz', ['authorization', 'Basic dXNlcjpwYXNz']],
    ['authorization', 'Token abc', ['authorization', 'Token abc']],
  ] as const)('%s %s', (type, value, expected) => {
    expect(headers({ type, value: new Secret(value) }).with([])).toEqual(expected);
  });

  test('static headers win over auth, and never touch the protocol', () => {
    const auth = { type: 'bearer_token', value: new Secret('abc') } as const;
    const all = headers(auth, {
      Authorization: 'Custom x',
      'Content-Type': 'text/plain',
      Host: 'y',
      'X-Team': 't',
    });
    expect(all.with(['accept', '*/*'])).toEqual([
      'accept',
      '*/*',
      'authorization',
      'Custom x',
      'x-team',
      't',
    ]);
  });

  test('forwarded headers come last and replace nothing', () => {
    const all = headers(none, { 'x-team': 't' });
    const base = all.with(['accept', '*/*']);
    const forwarded = {
      'X-Team': 'other',
      Accept: 'x',
      'mcp-session-id': 's',
      'transfer-encoding': 'c',
      'x-tag': '1',
    };
    expect(all.forwarding(base, forwarded)).toEqual([...base, 'x-tag', '1']);
    expect(base).toEqual(['accept', '*/*', 'x-team', 't']);
  });
});

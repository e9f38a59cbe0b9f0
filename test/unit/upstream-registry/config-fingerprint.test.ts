import { describe, expect, test } from '@jest/globals';

import { Secret } from '../../../src/core/secret.js';
import {
  endpointFingerprint,
  sameConfig,
  sameEndpoint,
} from '../../../src/upstream-registry/config-fingerprint.js';
import { remote, stdio, upstreamConfig } from '../../support/upstreams/config.js';

const auth = (value: string) => ({ type: 'bearer_token', value: new Secret(value) }) as const;
const base = upstreamConfig(
  'a',
  remote('http://x/mcp', { auth: auth('1'), staticHeaders: { h: new Secret('1') } }),
);

describe('what a configuration has in common with the one before', () => {
  test.each([
    ['nothing', base, true, true],
    ['the tools', { ...base, allowedTools: ['x'] }, true, false],
    ['the url', { ...base, endpoint: remote('http://x/other', { auth: auth('1') }) }, false, false],
    [
      'the credential',
      upstreamConfig('a', remote('http://x/mcp', { auth: auth('2'), staticHeaders: { h: new Secret('1') } })),
      false,
      false,
    ],
    [
      'a header',
      upstreamConfig('a', remote('http://x/mcp', { auth: auth('1'), staticHeaders: { h: new Secret('2') } })),
      false,
      false,
    ],
  ] as const)('changed is %s', (_, next, endpoint, whole) => {
    expect([sameEndpoint(base, next), sameConfig(base, next)]).toEqual([endpoint, whole]);
  });

  test('variables of a command count', () => {
    const one = (value: string) => upstreamConfig('a', stdio({ command: 'c', args: ['x'] }, { V: value }));
    expect(sameEndpoint(one('1'), one('1'))).toBe(true);
    expect(sameEndpoint(one('1'), one('2'))).toBe(false);
  });

  test('the fingerprint of a catalog depends on the place, not on secrets', () => {
    const of = (url: string, value: string): string =>
      endpointFingerprint(upstreamConfig('a', remote(url, { auth: auth(value) })));
    expect(of('http://x/mcp', '1')).toBe(of('http://x/mcp?key=2', '2'));
    expect(of('http://x/mcp', '1')).not.toBe(of('http://x/other', '1'));
  });
});

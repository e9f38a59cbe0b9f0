import { describe, expect, test } from '@jest/globals';

import { Secret } from '../../../src/core/secret.js';
import type { UpstreamAuth } from '../../../src/core/upstream.js';
import { Redactor } from '../../../src/upstream-registry/redactor.js';
import { remote, stdio, upstreamConfig } from '../../support/upstreams/config.js';

function redactor(
  url: string,
  auth: UpstreamAuth = { type: 'none' },
  headers: Record<string, string> = {},
): Redactor {
  const staticHeaders = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, new Secret(value)]),
  );
  return new Redactor(upstreamConfig('up', remote(url, { auth, staticHeaders })));
}

describe('Redactor', () => {
  test.each([
    ['a bearer token', { type: 'bearer_token', value: new Secret('tok-1') }, 'bad tok-1!', 'bad [redacted]!'],
    [
      'its bare form',
      { type: 'authorization', value: new Secret('Bearer abc') },
      'x abc y',
      'x [redacted] y',
    ],
    ['an api key', { type: 'api_key', value: new Secret('k') }, 'k', '[redacted]'],
    ['a password', { type: 'basic', value: new Secret('me:pass word') }, '"pass word"', '"[redacted]"'],
    ['basic, encoded', { type: 'basic', value: new Secret('me:pw') }, 'Basic bWU6cHc=', 'Basic [redacted]'],
    ['basic, given encoded', { type: 'basic', value: new Secret('bWU6cHc=') }, 'me:pw', '[redacted]'],
    ['in a query', { type: 'api_key', value: new Secret('a b&c') }, '?k=a%20b%26c', '?k=[redacted]'],
  ] as const)('takes out %s', (_, auth, text, expected) => {
    expect(redactor('http://x/mcp', auth).text(text)).toBe(expected);
  });

  test('takes out secrets of the address', () => {
    const one = redactor('https://u:hunter2!@x.y/mcp/sk-ak1234567890/sse?key=abcdefgh12&v=1');
    expect(one.text('/mcp/sk-ak1234567890/sse abcdefgh12 hunter2! v=1 /mcp')).toBe(
      '/mcp/[redacted]/sse [redacted] [redacted] v=1 /mcp',
    );
    expect(
      redactor('https://x.y/8f14e45fceea167a5a36dedd4bea2543/mcp').text('8f14e45fceea167a5a36dedd4bea2543'),
    ).toBe('[redacted]');
    expect(redactor('https://x.y/v1/streamable/mcp').text('/v1/streamable/mcp')).toBe('/v1/streamable/mcp');
  });

  test('takes out static headers, but no single letters', () => {
    const one = redactor('http://x/', { type: 'none' }, { 'x-a': 'value-1', 'x-b': '1' });
    expect(one.text('value-1 is 1')).toBe('[redacted] is 1');
  });

  test('takes the longest first', () => {
    const one = redactor('http://x/', { type: 'api_key', value: new Secret('abcd') }, { a: 'abcdefgh' });
    expect(one.text('abcdefgh abcd')).toBe('[redacted] [redacted]');
  });

  test('takes variables of a command out, but not ordinary words', () => {
    const one = new Redactor(
      upstreamConfig('up', stdio({ command: 'x', args: [] }, { KEY: 'long-secret', LOG: 'debug' })),
    );
    expect(one.text('long-secret debug')).toBe('[redacted] debug');
  });

  test('goes through any value, names too', () => {
    const one = redactor('http://x/', { type: 'api_key', value: new Secret('secret') });
    expect(one.value({ a: ['secret', 1, null, true], secret: { b: 'x secret' } })).toEqual({
      a: ['[redacted]', 1, null, true],
      '[redacted]': { b: 'x [redacted]' },
    });
    let deep: unknown = 'secret';
    for (let i = 0; i < 10_000; i++) deep = [deep];
    expect(JSON.stringify(one.value(deep))).not.toContain('secret');
  });

  test('__proto__ in a value is a member like any other', () => {
    const value = JSON.parse('{"__proto__":{"a":"secret"}}') as unknown;
    const result = redactor('http://x/', { type: 'api_key', value: new Secret('secret') }).value(value);
    expect(JSON.stringify(result)).toBe('{"__proto__":{"a":"[redacted]"}}');
  });
});

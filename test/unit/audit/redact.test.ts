import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { redactJson, redactValue, storableText } from '../../../src/audit/redact.js';

describe('redacted arguments', () => {
  test.each([
    ['password'],
    ['DB_PASSWORD'],
    ['apiKey'],
    ['x-api-key'],
    ['access_token'],
    ['clientSecret'],
    ['Authorization'],
    ['session_cookie'],
    ['privateKey'],
    ['auth'],
    ['user_pin'],
  ])('%s is not kept', (name) => {
    expect(redactValue({ [name]: 'hunter2' })).toEqual({ [name]: '[redacted]' });
    expect(redactValue({ [name]: { any: ['thing'] } })).toEqual({ [name]: '[redacted]' });
  });

  test.each([
    ['query'],
    ['author'],
    ['spinner'],
    ['passenger'],
    ['monkey'],
    ['keyboard'],
    ['auth_type'],
    ['tokenType'],
  ])('%s is kept', (name) => {
    expect(redactValue({ [name]: 'plain' })).toEqual({ [name]: 'plain' });
  });

  test('counts and switches are no secrets, whatever they are called', () => {
    expect(redactValue({ max_tokens: 100, use_secret: true, token: null })).toEqual({
      max_tokens: 100,
      use_secret: true,
      token: null,
    });
  });

  test.each([
    ['sk-abcdefghijklmnop'],
    ['Bearer abcdef1234567890'],
    ['ghp_abcdefghijklmnopqrstuvwxyz0123456789'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl'],
    ['postgres://root:hunter2@db.example/x'],
  ])('a value that looks like a secret is not kept: %s', (secret) => {
    const text = JSON.stringify(redactValue({ note: `use ${secret} here`, list: [secret] }));
    expect(text).not.toContain(secret);
    expect(text).toContain('[redacted]');
  });

  test('a name that is a secret is not kept either', () => {
    expect(JSON.stringify(redactValue({ 'sk-abcdefghijklmnop': 1 }))).not.toContain('abcdefghijklmnop');
  });

  test('is bounded in depth, number and length', () => {
    let deep: unknown = 'end';
    for (let level = 0; level < 10_000; level++) deep = [deep];
    expect(JSON.stringify(redactValue(deep)).length).toBeLessThan(200);
    expect(JSON.stringify(redactValue('x'.repeat(1_000_000))).length).toBeLessThan(2_000);
    expect(JSON.stringify(redactValue(Array.from({ length: 50_000 }, (_, at) => at))).length).toBeLessThan(
      17_000,
    );
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`n${at}`, 'y'.repeat(500)]));
    expect(redactValue(wide)).toMatchObject({ truncated: true });
  });

  test('__proto__ is a member like another', () => {
    const redacted = redactJson('{"__proto__":{"polluted":true}}') as object;
    expect(Object.keys(redacted)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('text that is no JSON is said to be none', () => {
    expect(redactJson('{"a":')).toEqual({ unreadable: true, characters: 5 });
  });

  test('whatever the value, what is kept is JSON that Postgres takes, and short', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, maxDepth: 6 }), (value) => {
        const text = JSON.stringify(redactValue(value));
        expect(typeof text).toBe('string');
        expect(text).not.toMatch(/\\u0000|\\ud[89a-f]/i);
        expect(text.length).toBeLessThan(20_000);
      }),
    );
  });

  test('text keeps whole characters and loses what no text may hold', () => {
    expect(storableText('a\u0000b\ud800c😀', 100)).toBe('a\uFFFDb\uFFFDc😀');
    expect(storableText('ab😀', 3)).toBe('ab\uFFFD');
  });
});

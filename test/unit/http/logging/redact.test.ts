import { describe, expect, it } from '@jest/globals';

import { redactHeaders, redactText, redactUrl } from '../../../../src/http/logging/redact.js';

const key = 'sk-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MDEy';

describe('redactText', () => {
  it.each([
    ['a key in a sentence', `rotated ${key} today`],
    ['a key in a path', `/key/${key}/regenerate`],
    ['a short key', 'https://actions.zapier.com/mcp/sk-xxx/sse'],
    ['a bearer value', `sent Bearer abcdefgh${key.slice(3)}`],
    ['a basic value', 'Basic dXNlcjpzay14eHg='],
    ['a GitHub token', 'ghp_abcdefghijklmnopqrstuv'],
    ['a JSON web token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl'],
    ['a database address', 'postgres://app:hunter2@db.internal:5432/app'],
    ['an URL with a token', 'https://example.com/hook?token=hunter2&x=1'],
    ['a header field', '{"authorization":"hunter2","ok":1}'],
    ['a header list', '{"set-cookie":["hunter2","b"],"ok":1}'],
    ['a field with escapes', String.raw`{"password":"hunter2\"hunter2","ok":1}`],
    ['a field cut off', '{"client_secret":"hunter2'],
    ['a field cut off within an escape', '{"client_secret":"hunter2\\'],
    ['JSON within JSON', String.raw`{"msg":"upstream said {\"api_key\":\"hunter2\"}"}`],
  ])('hides %s', (_name, text) => {
    expect(redactText(text)).toContain('[redacted]');
    expect(redactText(text)).not.toMatch(/hunter2|Zm9v|sk-x|dXNl|ghp_|eyJ/);
  });

  it.each([
    'key sk-...abcd was blocked',
    'upstream risk-engine is ready; task-list updated',
    'Basic authentication failed, Bearer token missing',
    '{"progressToken":7,"tokens":12,"max_tokens":100}',
    'https://api.githubcopilot.com/mcp/ answered 200',
    'listening on http://127.0.0.1:4000',
  ])('leaves %j alone', (text) => expect(redactText(text)).toBe(text));

  it('keeps JSON valid', () => {
    const line = JSON.stringify({
      headers: { authorization: `Bearer ${key}`, 'set-cookie': ['a=1', 'b=2'], host: 'x' },
      url: `https://u:p@h/${key}?a=b`,
      msg: JSON.stringify({ token: 'a"b\\c', nested: { cookie: 'x' } }),
    });
    const redacted = JSON.parse(redactText(line)) as { headers: Record<string, unknown>; msg: string };
    expect(redacted.headers).toEqual({ authorization: '[redacted]', 'set-cookie': '[redacted]', host: 'x' });
    expect(redacted.msg).not.toContain('a\\"b');
  });

  it('takes time in proportion to the text, whatever the text', () => {
    const hostile = [
      'eyJ-'.repeat(50_000),
      '"token":"\\'.repeat(20_000),
      'https://'.repeat(25_000),
      'sk-'.repeat(60_000),
      'Bearer '.repeat(30_000),
      String.raw`\"token\":\"`.repeat(20_000),
    ];
    const startedAt = performance.now();
    for (const text of hostile) redactText(text);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('redactUrl', () => {
  it.each([
    ['https://example.com/mcp', 'https://example.com/mcp'],
    ['https://user:pw@example.com/mcp', 'https://[redacted]@example.com/mcp'],
    ['https://h/a/sk-xxx/sse', 'https://h/a/[redacted]/sse'],
    ['https://h/a/4f9c2d7e8a1b4c3d9e0f/sse', 'https://h/a/[redacted]/sse'],
    ['https://h/p?key=1&other=2#frag', 'https://h/p?key=[redacted]&other=[redacted]'],
    ['https://h/integrations/production', 'https://h/integrations/production'],
    ['not an url', '[redacted]'],
  ])('%s -> %s', (from, to) => expect(redactUrl(from)).toBe(to));
});

describe('redactHeaders', () => {
  it('names credentials without showing them, in any case', () => {
    expect(
      redactHeaders({
        Authorization: 'anything',
        'x-litellm-api-key': 'anything',
        'X-Api-Key': 'anything',
        cookie: 'a=b',
        'set-cookie': ['a', 'b'],
        'proxy-authorization': 'x',
        accept: 'application/json',
        'x-odd': `prefix ${key}`,
        missing: undefined,
      }),
    ).toEqual({
      Authorization: '[redacted]',
      'x-litellm-api-key': '[redacted]',
      'X-Api-Key': '[redacted]',
      cookie: '[redacted]',
      'set-cookie': '[redacted]',
      'proxy-authorization': '[redacted]',
      accept: 'application/json',
      'x-odd': 'prefix sk-[redacted]',
    });
  });
});

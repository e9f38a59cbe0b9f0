import { describe, expect, it } from '@jest/globals';

import { Secret } from '../../../src/core/secret.js';
import { resultText } from '../../../src/llm/loop/result-text.js';
import { baseUrlOf, profileOf } from '../../../src/llm/providers/provider-table.js';
import { redact } from '../../../src/llm/providers/redaction.js';
import { retryAfterSeconds } from '../../../src/llm/providers/retry-after.js';
import { addUsage, readUsage } from '../../../src/llm/usage/token-usage.js';
import { deployment } from '../../support/llm-app.js';

describe('what a provider wrote', () => {
  const own = deployment({
    apiKey: new Secret('secret/key+value'),
    apiBase: 'https://llm.internal.example:8443/v1',
    extra: {
      aws_secret_access_key: new Secret('aws-secret'),
      nested: [{ token: new Secret('deep-secret') }],
      n: 1,
    },
  });

  it.each([
    ['key secret/key+value', 'key [redacted]'],
    ['at https://llm.internal.example:8443/v1/x', 'at [redacted]/x'],
    ['host llm.internal.example down', 'host [redacted] down'],
    ['aws-secret and deep-secret', '[redacted] and [redacted]'],
    ['Incorrect API key provided: sk-proj-********abcd.', 'Incorrect API key provided: [redacted].'],
    ['use sk-abcdefghijkl', 'use [redacted]'],
    ['nothing to hide: task-force, risk-free', 'nothing to hide: task-force, risk-free'],
  ])('%s', (text, clean) => {
    expect(redact(text, own)).toBe(clean);
  });
});

describe('addresses of providers', () => {
  it.each([
    ['openai', null, 'https://api.openai.com/v1'],
    ['openai', 'http://host/v1/', 'http://host/v1'],
    ['openai', 'http://host/v1/chat/completions', 'http://host/v1'],
    ['ollama', 'http://host:11434', 'http://host:11434/v1'],
    ['anthropic', 'http://host', 'http://host/v1'],
    ['anthropic', 'http://host/v1/messages', 'http://host/v1'],
    ['gemini', 'http://host/', 'http://host/v1beta'],
    ['unknown', 'http://host/api', 'http://host/api'],
  ])('%s with %s', (provider, apiBase, expected) => {
    const profile = profileOf(provider, apiBase !== null);
    expect(profile === null ? null : baseUrlOf(profile, apiBase)?.href.replace(/\/$/, '')).toBe(expected);
  });

  it('of unknown providers must be given', () => {
    expect(profileOf('unknown', false)).toBeNull();
    expect(profileOf('constructor', false)).toBeNull();
  });
});

describe('Retry-After', () => {
  it.each([
    ['7', null, 7],
    [null, '1500', 2],
    ['7', '1500', 2],
    ['999999', null, 3600],
    ['soon', null, null],
    [null, null, null],
  ])('%j and in milliseconds %j', (value, inMilliseconds, seconds) => {
    expect(retryAfterSeconds(value, inMilliseconds)).toBe(seconds);
  });

  it('as a date', () => {
    expect(retryAfterSeconds(new Date(Date.now() + 30_000).toUTCString(), null)).toBeGreaterThan(25);
  });
});

describe('usage', () => {
  it('is read from chat completions, responses and embeddings', () => {
    expect(readUsage({ prompt_tokens: 1, completion_tokens: 2 })).toEqual({
      inputTokens: 1,
      outputTokens: 2,
    });
    expect(readUsage({ input_tokens: 3, output_tokens: 4 })).toEqual({ inputTokens: 3, outputTokens: 4 });
    expect(readUsage({ prompt_tokens: 5, total_tokens: 5 })).toEqual({ inputTokens: 5, outputTokens: 0 });
    expect(readUsage({ prompt_tokens: -5, completion_tokens: 'x' })).toEqual({
      inputTokens: 0,
      outputTokens: 0,
    });
    expect(readUsage(null)).toBeNull();
    expect(readUsage({})).toBeNull();
  });

  it('adds up over rounds, details too', () => {
    const first = { prompt_tokens: 1, details: { cached_tokens: 2 }, tier: 'a' };
    const second = { prompt_tokens: 3, details: { cached_tokens: 4, audio: 1 }, tier: 'b', none: null };
    expect(addUsage(first, second)).toEqual({
      prompt_tokens: 4,
      details: { cached_tokens: 6, audio: 1 },
      tier: 'b',
      none: null,
    });
  });
});

describe('a tool result as text', () => {
  it.each([
    ['{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}', 'a\nb', false],
    ['{"content":[],"structuredContent":{"x":1}}', '{"x":1}', false],
    [
      '{"content":[{"type":"image","mimeType":"image/png","data":"..."}]}',
      '[image image/png, not shown]',
      false,
    ],
    ['{"content":[{"type":"resource","resource":{"uri":"f:x","text":"t"}}]}', 't', false],
    ['{"content":[{"type":"text","text":"no"}],"isError":true}', 'no', true],
    ['nonsense', 'The tool sent no valid result.', true],
  ])('%s', (json, output, isError) => {
    expect(resultText(json)).toEqual({ output, isError });
  });
});

import { describe, expect, it } from '@jest/globals';

import { readCredential } from '../../../src/auth/credential.js';
import { GatewayError } from '../../../src/core/errors.js';

const outcome = (headers: Parameters<typeof readCredential>[0]): string => {
  try {
    return readCredential(headers);
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
    throw error;
  }
};

describe('the credential of a request', () => {
  it.each([
    ['bearer', { authorization: 'Bearer sk-a' }, 'sk-a'],
    ['any case and blanks', { authorization: 'bEARER   sk-a' }, 'sk-a'],
    ['x-api-key', { 'x-api-key': 'sk-a' }, 'sk-a'],
    ['x-litellm-api-key', { 'x-litellm-api-key': 'sk-a' }, 'sk-a'],
    ['x-litellm-api-key with a scheme', { 'x-litellm-api-key': 'Bearer sk-a' }, 'sk-a'],
    [
      'the one that wins',
      { 'x-litellm-api-key': 'sk-a', authorization: 'Bearer sk-b', 'x-api-key': 'sk-c' },
      'sk-a',
    ],
    ['authorization before x-api-key', { authorization: 'Bearer sk-b', 'x-api-key': 'sk-c' }, 'sk-b'],
    [
      'x-api-key beside a credential for an upstream',
      { authorization: 'Basic eA==', 'x-api-key': 'sk-c' },
      'sk-c',
    ],
    [
      'x-api-key beside a token for an upstream',
      { authorization: 'Bearer eyJ', 'x-api-key': 'sk-c' },
      'sk-c',
    ],
    ['a master key of another form', { authorization: 'Bearer hunter2' }, 'hunter2'],
    ['nothing', {}, 'MISSING_KEY'],
    ['an empty header', { authorization: '' }, 'MISSING_KEY'],
    ['an empty key', { 'x-api-key': ' ' }, 'MISSING_KEY'],
    ['a winner that is empty', { 'x-litellm-api-key': '', authorization: 'Bearer sk-b' }, 'MISSING_KEY'],
    ['no scheme', { authorization: 'sk-a' }, 'MALFORMED_KEY'],
    ['another scheme', { authorization: 'Basic sk-a' }, 'MALFORMED_KEY'],
    ['a blank inside', { authorization: 'Bearer sk-a b' }, 'MALFORMED_KEY'],
    ['several keys', { 'x-api-key': 'sk-a, sk-b' }, 'MALFORMED_KEY'],
    ['several headers', { 'x-api-key': ['sk-a', 'sk-b'] as unknown as string }, 'MALFORMED_KEY'],
    ['other characters', { authorization: 'Bearer sk-ä' }, 'MALFORMED_KEY'],
    ['too much', { authorization: `Bearer sk-${'a'.repeat(510)}` }, 'MALFORMED_KEY'],
  ])('is %s', (_what, headers, expected) => {
    expect(outcome(headers)).toBe(expected);
  });
});

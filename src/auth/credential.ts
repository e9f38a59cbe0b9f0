import type { IncomingHttpHeaders } from 'node:http';

import { GatewayError } from '../core/errors.js';

/** Longest credential worth hashing; ours have 35 characters, a configured master key may be longer. */
const maxLength = 512;

/** Visible ASCII (RFC 9110 field content without separators that would make two keys out of one header). */
const credentialText = /^[\x21-\x2b\x2d-\x7e]+$/;
const bearer = /^bearer +/i;

/**
 * The credential a client sent, unverified. `x-litellm-api-key` wins, so that `Authorization` is free for an upstream;
 * then `Authorization: Bearer`, then `x-api-key`. Never from the URL.
 * Throws MISSING_KEY or MALFORMED_KEY, whose messages do not repeat what was sent.
 */
export function readCredential(headers: IncomingHttpHeaders): string {
  const named = headers['x-litellm-api-key'];
  if (named !== undefined)
    return checked(single(named, 'x-litellm-api-key').replace(bearer, ''), 'x-litellm-api-key');

  const { authorization } = headers;
  if (authorization?.startsWith('Bearer sk-') === true)
    return checked(authorization.slice(7), 'Authorization');
  const apiKey = headers['x-api-key'];
  if (authorization === undefined || authorization === '') {
    if (apiKey === undefined) throw new GatewayError('MISSING_KEY');
    return checked(single(apiKey, 'x-api-key'), 'x-api-key');
  }
  const scheme = bearer.exec(authorization);
  const isKey = scheme !== null && authorization.startsWith('sk-', scheme[0].length);
  if (!isKey && apiKey !== undefined) return checked(single(apiKey, 'x-api-key'), 'x-api-key');
  if (scheme === null) throw new GatewayError('MALFORMED_KEY', { param: 'Authorization' });
  return checked(authorization.slice(scheme[0].length), 'Authorization');
}

function single(value: string | string[], header: string): string {
  if (typeof value === 'string') return value;
  throw new GatewayError('MALFORMED_KEY', { param: header });
}

function checked(value: string, header: string): string {
  const credential = value.trim();
  if (credential === '') throw new GatewayError('MISSING_KEY', { param: header });
  if (credential.length > maxLength || !credentialText.test(credential)) {
    throw new GatewayError('MALFORMED_KEY', { param: header });
  }
  return credential;
}

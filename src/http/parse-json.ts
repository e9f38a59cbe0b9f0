import { isAscii, isUtf8 } from 'node:buffer';

import { GatewayError } from '../core/errors.js';

/** A body as text and as the value it stands for. Throws INVALID_JSON, also for what is not UTF-8 (RFC 8259 section 8.1). */
export function parseJson(body: Buffer): { readonly text: string; readonly value: unknown } {
  const text = textOf(body);
  try {
    return { text, value: JSON.parse(text) };
  } catch (cause) {
    throw new GatewayError('INVALID_JSON', {}, { cause });
  }
}

/** Characters of one byte each where that is all it takes: such text is the cheapest to cut and to send on. */
function textOf(body: Buffer): string {
  if (isAscii(body)) return body.toString('latin1');
  if (!isUtf8(body)) throw new GatewayError('INVALID_JSON', { message: 'The body is not valid UTF-8.' });
  return body.toString();
}

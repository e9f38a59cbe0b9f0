import type { IncomingMessage } from 'node:http';

import { GatewayError } from '../core/errors.js';

const tooLarge = (limitBytes: number): GatewayError =>
  new GatewayError('BODY_TOO_LARGE', {
    message: `The body is larger than the limit of ${limitBytes} bytes.`,
  });

/**
 * The whole body, at most `limitBytes` long.
 * Throws BODY_TOO_LARGE as soon as that is certain, CANCELLED when the client goes away in the middle.
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length']) > limitBytes) return Promise.reject(tooLarge(limitBytes));
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    let chunks: Buffer[] | undefined;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        request.removeAllListeners('data');
        reject(tooLarge(limitBytes));
      } else if (first === undefined) first = chunk;
      else (chunks ??= [first]).push(chunk);
    });
    request.on('end', () => {
      resolve(chunks === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(chunks, size));
    });
    // Also when the client goes away in the middle: node:http makes an error of that where one is listened for.
    request.on('error', (cause) => reject(new GatewayError('CANCELLED', {}, { cause })));
  });
}

/**
 * Throws UNSUPPORTED_MEDIA_TYPE unless the body is declared as JSON (RFC 9110 section 8.3; parameters are fine), and not
 * compressed: what a small body unfolds to would have to be limited too.
 */
export function requireJson({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', {
      param: 'Content-Encoding',
      message: 'The body must be sent uncompressed.',
    });
  }
  const type = headers['content-type'];
  if (type === 'application/json') return;
  const essence = type?.split(';', 1)[0]?.trim().toLowerCase();
  if (essence !== 'application/json') {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', { param: 'Content-Type' });
  }
}

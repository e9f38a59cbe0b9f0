import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import type { Logger } from 'pino';

import { GatewayError, toErrorEnvelope } from '../core/errors.js';
import { newRequestId } from './logging/request-id.js';

/** Answers what node:http could not read as a request, with the envelope and the headers of every other error. */
export function refuseUnreadable(logger: Logger, fault: NodeJS.ErrnoException, socket: Duplex): void {
  const error = errorOf(fault);
  const { status } = error.definition;
  const requestId = newRequestId();
  logger.info({ status, requestId, fault: fault.code }, 'unreadable request');
  const body = JSON.stringify(toErrorEnvelope(error));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n` +
      'Content-Type: application/json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n` +
      `x-request-id: ${requestId}\r\n` +
      'X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n' +
      body,
  );
}

/** Codes of node:http's parser and of its timeouts for headers and whole requests. */
function errorOf({ code }: NodeJS.ErrnoException): GatewayError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new GatewayError('HEADERS_TOO_LARGE');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError('REQUEST_TIMEOUT');
    default:
      return new GatewayError('INVALID_REQUEST', { message: 'This is not an HTTP request.' });
  }
}

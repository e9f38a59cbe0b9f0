import type { ErrorCode } from '../../../core/errors.js';
import type { HttpWireProblem } from '../../../http-client/http-wire-error.js';
import { AddressNotAllowedError } from '../../address/reach.js';
import { MessageTooLargeError } from '../chunk-list.js';
import { TransportFault, type FaultOptions, type FaultStage } from '../transport-fault.js';

/** What an HTTP status other than success means. `text` is the start of the body; it is looked at, never passed on. */
export interface RefusedReply {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
  /** Whether the request named a session. */
  readonly hadSession: boolean;
}

/** Statuses of an address that is there but does not take what this transport sends. */
const mismatchStatuses = new Set([400, 404, 405, 406, 410, 415, 501]);

export function statusFault(stage: FaultStage, reply: RefusedReply): TransportFault {
  const { status } = reply;
  const said = `answered HTTP ${status}`;
  if (isSessionLost(reply)) {
    return new TransportFault('UPSTREAM_UNAVAILABLE', stage, 'does not know our session', {
      scope: 'session',
    });
  }
  const isMismatch = mismatchStatuses.has(status);
  return new TransportFault(statusCode(status), stage, said, {
    isMismatch,
    isRefusal: isMismatch,
    ...retryAfter(reply.retryAfter),
  });
}

function statusCode(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'UPSTREAM_REJECTED_CREDENTIALS';
  if (status === 429) return 'OVERLOADED';
  if (status === 504) return 'UPSTREAM_TIMEOUT';
  if (status === 404 || status === 408 || status === 410 || status >= 500) return 'UPSTREAM_UNAVAILABLE';
  return 'UPSTREAM_INVALID_RESPONSE';
}

/** 404 by the specification; 400 by servers that check the header before they look the session up. */
function isSessionLost({ status, text, hadSession }: RefusedReply): boolean {
  if (!hadSession) return false;
  return status === 404 || status === 410 || (status === 400 && /session|not initialized/i.test(text));
}

function retryAfter(header: string | null): FaultOptions {
  const isSeconds = header !== null && /^[0-9]{1,5}$/.test(header);
  return isSeconds ? { retryAfterSeconds: Number(header) } : {};
}

/** Faults of the peer's HTTP; everything else is the network's. */
const faultyReplies: Readonly<Record<string, [ErrorCode, string]>> = {
  HTTP_MALFORMED: ['UPSTREAM_INVALID_RESPONSE', 'did not answer in HTTP'],
  HTTP_HEAD_TOO_LARGE: ['UPSTREAM_RESPONSE_TOO_LARGE', 'sent headers over the size limit'],
  HTTP_UNSENDABLE: ['UPSTREAM_UNAVAILABLE', 'cannot be sent this request: a header or the path is malformed'],
} satisfies Partial<Record<HttpWireProblem, [ErrorCode, string]>>;

const networkProblems: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'reset the connection',
  ENOTFOUND: 'has a host name that does not resolve',
  EAI_AGAIN: 'has a host name that does not resolve at the moment',
  EHOSTUNREACH: 'is not reachable',
  ENETUNREACH: 'is not reachable',
  ETIMEDOUT: 'did not accept the connection in time',
  EPIPE: 'closed the connection',
  HTTP_CONNECT_TIMEOUT: 'did not accept the connection in time',
  HTTP_CLOSED: 'closed the connection',
};

/** @param wasSent whether the request may have reached the upstream */
export function networkFault(stage: FaultStage, error: unknown, wasSent: boolean): TransportFault {
  if (error instanceof TransportFault) return error;
  if (error instanceof MessageTooLargeError) return tooLargeFault(stage, error);
  if (error instanceof AddressNotAllowedError) {
    const message = `is not connected to: its host ${error.message}`;
    return new TransportFault('UPSTREAM_UNAVAILABLE', stage, message, { scope: 'connection', cause: error });
  }
  const code = errorCode(error);
  const reply = faultyReplies[code];
  if (reply !== undefined)
    return new TransportFault(reply[0], stage, reply[1], { cause: error, isMismatch: true });
  const isTls =
    code.includes('CERT') || code.includes('TLS') || code.includes('SSL') || code.includes('SIGNATURE');
  const problem =
    networkProblems[code] ?? (isTls ? 'has a TLS certificate that is not trusted' : 'is not reachable');
  return new TransportFault('UPSTREAM_UNAVAILABLE', stage, problem, {
    scope: wasSent ? 'request' : 'connection',
    isBroken: true,
    cause: error,
  });
}

export function tooLargeFault(stage: FaultStage, cause?: unknown): TransportFault {
  return new TransportFault('UPSTREAM_RESPONSE_TOO_LARGE', stage, 'sent more than the size limit', { cause });
}

export function invalidFault(stage: FaultStage, message: string): TransportFault {
  return new TransportFault('UPSTREAM_INVALID_RESPONSE', stage, message, { isMismatch: true });
}

function errorCode(error: unknown): string {
  const isCoded = typeof error === 'object' && error !== null && 'code' in error;
  return isCoded && typeof error.code === 'string' ? error.code : '';
}

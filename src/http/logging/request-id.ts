import { randomBytes } from 'node:crypto';

/** Tells processes apart; a counter tells the requests of one. Ids find a line in a log, they guard nothing. */
const processPrefix = randomBytes(6).toString('base64url').replaceAll(/[-_]/g, '0');
let issued = 0;

export function newRequestId(): string {
  issued += 1;
  return `req_${processPrefix}${issued.toString(36).padStart(6, '0')}`;
}

const sane = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/**
 * The id a client sent in `x-request-id`, when it may be repeated in headers and logs; otherwise one of ours. What looks
 * like a key is never taken over, wherever a client puts it.
 */
export function requestIdFrom(inbound: string | readonly string[] | undefined): string {
  return typeof inbound === 'string' && sane.test(inbound) && !inbound.startsWith('sk-')
    ? inbound
    : newRequestId();
}

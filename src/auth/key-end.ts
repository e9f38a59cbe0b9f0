import { GatewayError, type ErrorCode } from '../core/errors.js';
import type { WatchEnd } from './principal-watcher.service.js';

const errorOf = {
  blocked: 'KEY_BLOCKED',
  deleted: 'UNKNOWN_KEY',
  expired: 'KEY_EXPIRED',
} as const satisfies Record<WatchEnd, ErrorCode>;

/** What a caller hears whose key ended while its call was under way: the same as for a new one. */
export const keyEndError = (reason: WatchEnd): GatewayError => new GatewayError(errorOf[reason]);

import type { INestApplication } from '@nestjs/common';

import { Authenticator } from './auth/authenticator.service.js';
import type { WatchEnd } from './auth/principal-watcher.service.js';
import { GatewayError, type ErrorCode } from './core/errors.js';
import { CallRevocation } from './gateway/call-revocation.service.js';

/** What a caller hears whose key ended while its call was under way: the same as for a new one. */
const errorOf = {
  blocked: 'KEY_BLOCKED',
  deleted: 'UNKNOWN_KEY',
  expired: 'KEY_EXPIRED',
} as const satisfies Record<WatchEnd, ErrorCode>;

/** Calls under way end with their key, and with what it may do. Sessions and streams watch their keys themselves. */
export function followKeys(app: INestApplication): void {
  const revocation = app.get(CallRevocation);
  app.get(Authenticator).onChange(({ keyId, next, reason, concerns }) => {
    if (next !== null) revocation.keyChanged(next, concerns);
    else if (reason !== 'changed') revocation.keyEnded(keyId, concerns, new GatewayError(errorOf[reason]));
  });
}

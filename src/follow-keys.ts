import type { INestApplication } from '@nestjs/common';

import { Authenticator } from './auth/authenticator.service.js';
import { keyEndError } from './auth/key-end.js';
import { CallRevocation } from './gateway/call-revocation.service.js';

/** Calls under way end with their key, and with what it may do. Sessions and streams watch their keys themselves. */
export function followKeys(app: INestApplication): void {
  const revocation = app.get(CallRevocation);
  app.get(Authenticator).onChange(({ keyId, next, reason, concerns }) => {
    if (next !== null) revocation.keyChanged(next, concerns);
    else if (reason !== 'changed') revocation.keyEnded(keyId, concerns, keyEndError(reason));
  });
}

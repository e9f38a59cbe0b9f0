import { compilePolicy } from '../core/access-policy.js';
import type { Principal } from '../core/principal.js';

export const masterKeyId = 'master_key';

/** The master key: an administrator that no permission, limit or route list restricts (contract section 7). */
export function masterPrincipal(defaultAccess: 'all' | 'none'): Principal {
  return {
    kind: 'master_key',
    keyId: masterKeyId,
    keyAlias: null,
    userId: null,
    teamId: null,
    organizationId: null,
    role: 'proxy_admin',
    expiresAtMs: null,
    policy: compilePolicy({ levels: [], defaultAccess, unrestricted: true }),
    limits: [],
    modelAllowLists: [],
    allowedRoutes: null,
  };
}

import { Injectable } from '@nestjs/common';

import { MasterKeyService } from '../../auth/master-key.service.js';
import { GatewayError } from '../../core/errors.js';
import { Secret } from '../../core/secret.js';
import { hashVirtualKey } from '../../core/virtual-key.js';
import { emptyLevel } from '../../directory/level.js';
import { VirtualKeyService, type IssuedKey } from '../../directory/virtual-key.service.js';
import type { Caller } from '../../permissions/relation.js';
import type { AdminRequest } from '../admin-request.js';
import { AdminChanges } from '../admin-changes.service.js';
import { auditedKey, keyPatch, keyRow, type GenerateKeyBody } from '../wire/key-wire.js';
import { patched } from '../wire/level-wire.js';
import { KeyGrant } from './key-grant.service.js';
import { KeyHolderService, type HolderIds } from './key-holder.service.js';

/** What a new key is before anything is said of it. */
const plainKey = { ...emptyLevel, alias: null, type: 'default', allowedRoutes: [], expiresAt: null };

/** Issues virtual keys. */
@Injectable()
export class KeyIssuer {
  constructor(
    private readonly holders: KeyHolderService,
    private readonly keys: VirtualKeyService,
    private readonly changes: AdminChanges,
    private readonly grant: KeyGrant,
    private readonly masterKey: MasterKeyService,
  ) {}

  /** Throws NOT_FOUND, FORBIDDEN, CONFLICT. The answer is the only one that ever holds the secret. */
  generate(request: AdminRequest, body: GenerateKeyBody) {
    return this.changes.run(request, 'key.generate', async ({ caller, by, note }) => {
      const issued = await this.issue(caller, body, by);
      note.target = { type: 'key', id: issued.key.id };
      note.after = auditedKey(issued.key);
      return issuedRow(issued, this.grant.warnings(caller, issued.key));
    });
  }

  /** The same as part of a larger change. */
  async issue(caller: Caller, body: GenerateKeyBody, by: string): Promise<IssuedKey> {
    const ids = holderIds(caller, body);
    const holder = await this.holders.find(caller, ids);
    this.grant.requireHolder(caller, 'keys.issue', holder);
    const patch = keyPatch(body, null, Date.now());
    const fields = patched({ ...plainKey, ...ids }, patch);
    this.grant.require(caller, { keyId: '', fields, sent: body }, holder);
    const secret = body.key === undefined || body.key === null ? null : this.chosen(body.key, 'key');
    // The team's organization is looked up through the team, which may move.
    const organizationId = holder.team?.organizationId == null ? ids.organizationId : null;
    return this.keys.issue({ ...patch, ...ids, organizationId }, secret, by);
  }

  /** Throws CONFLICT for the master key: a virtual key of that name would never be found. */
  chosen(key: string, param: string): Secret {
    if (!this.masterKey.matches(hashVirtualKey(key))) return new Secret(key);
    throw new GatewayError('CONFLICT', { param, message: `${param} is taken: choose another one.` });
  }
}

/** Whoever is no proxy admin issues for their own user, unless another or none is named. */
function holderIds({ principal }: Caller, body: GenerateKeyBody): HolderIds {
  const own = principal.role === 'proxy_admin' ? null : principal.userId;
  return {
    userId: body.user_id === undefined ? own : body.user_id,
    teamId: body.team_id ?? null,
    organizationId: body.organization_id ?? null,
  };
}

/** LiteLLM's answer to `/key/generate` and `/key/regenerate`. */
export function issuedRow({ key, secret }: IssuedKey, warnings: { readonly warnings?: readonly string[] }) {
  return { key: secret.reveal(), ...keyRow(key), ...warnings };
}

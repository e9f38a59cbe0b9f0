import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import { addDuration, parseDuration } from '../../core/duration.js';
import { VirtualKeyService } from '../../directory/virtual-key.service.js';
import type { AdminRequest } from '../admin-request.js';
import { AdminChanges } from '../admin-changes.service.js';
import { keyPatch, type RegenerateKeyBody } from '../wire/key-wire.js';
import { patched } from '../wire/level-wire.js';
import { idsOf, isGrant, KeyChanger, noted, subjectOf } from './key-changer.service.js';
import { KeyGrant } from './key-grant.service.js';
import { KeyHolderService } from './key-holder.service.js';
import { issuedRow, KeyIssuer } from './key-issuer.service.js';

/** Gives a virtual key a new secret and keeps its id. */
@Injectable()
export class KeyRotator {
  constructor(
    private readonly holders: KeyHolderService,
    private readonly keys: VirtualKeyService,
    private readonly changes: AdminChanges,
    private readonly issuer: KeyIssuer,
    private readonly grant: KeyGrant,
    private readonly changer: KeyChanger,
  ) {}

  /**
   * The secret before goes on for `grace_period`, else it ends now. With an idempotency key it happens once: repeated
   * within a day it throws CONFLICT and changes nothing. Throws NOT_FOUND, FORBIDDEN.
   */
  regenerate(request: AdminRequest, lookup: string, body: RegenerateKeyBody, idempotencyKey: string | null) {
    return this.changes.run(request, 'key.regenerate', async ({ caller, by, note }) => {
      const key = await this.changer.require(caller, 'keys.rotate', lookup, note);
      refuseMoving(body);
      const isSelf = key.id === caller.principal.keyId;
      const holder = await this.holders.find(caller, idsOf(key));
      if (!isSelf) this.grant.requireHolder(caller, 'keys.rotate', holder);
      const nowMs = Date.now();
      const grace = body.grace_period == null ? null : parseDuration(body.grace_period);
      const rotation = {
        secret: body.new_key == null ? null : this.issuer.chosen(body.new_key, 'new_key'),
        graceUntil: grace === null ? null : new Date(addDuration(nowMs, grace)),
        idempotencyKey,
      };
      const rotated = await this.keys.rotate(key.id, by, rotation, (current) => {
        const patch = keyPatch(body, current, nowMs);
        if (patch.blocked !== undefined && patch.blocked !== current.blocked) {
          this.grant.requireBlocking(caller, subjectOf(current), patch.blocked);
        }
        // Whoever sees the new secret has the key: it must give them nothing they do not have.
        if (!isSelf || isGrant(body)) {
          this.grant.require(caller, { keyId: key.id, fields: patched(current, patch), sent: body }, holder);
        }
        return patch;
      });
      const done = noted(note, rotated);
      return issuedRow(done, this.grant.warnings(caller, done.key));
    });
  }
}

/** Moving a key is an update of its own: that way nobody gets the secret of a key that just became somebody else's. */
function refuseMoving({ user_id, team_id, organization_id }: RegenerateKeyBody): void {
  for (const [param, value] of Object.entries({ user_id, team_id, organization_id })) {
    if (value === undefined) continue;
    throw new GatewayError('INVALID_REQUEST', {
      param,
      message: `${param} cannot change here. Use /key/update.`,
    });
  }
}

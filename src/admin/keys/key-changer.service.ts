import { Injectable } from '@nestjs/common';

import type { VirtualKey } from '../../directory/virtual-key.js';
import { VirtualKeyService, type KeyChange } from '../../directory/virtual-key.service.js';
import type { Permission } from '../../permissions/permission-table.js';
import { notFound, requireOn, type Wanted } from '../../permissions/require-on.js';
import type { Caller, Subject } from '../../permissions/relation.js';
import type { AdminRequest } from '../admin-request.js';
import { AdminChanges, type ChangeNote } from '../admin-changes.service.js';
import {
  auditedKey,
  keyPatch,
  keyRow,
  type DeleteKeysBody,
  type KeyInput,
  type UpdateKeyBody,
} from '../wire/key-wire.js';
import { difference, patched } from '../wire/level-wire.js';
import { KeyGrant } from './key-grant.service.js';
import { KeyHolderService, type HolderIds } from './key-holder.service.js';

/** Updates, blocks and deletes virtual keys. */
@Injectable()
export class KeyChanger {
  constructor(
    private readonly holders: KeyHolderService,
    private readonly keys: VirtualKeyService,
    private readonly changes: AdminChanges,
    private readonly grant: KeyGrant,
  ) {}

  /** Only the fields that were sent change. Throws NOT_FOUND, FORBIDDEN, CONFLICT. */
  update(request: AdminRequest, body: UpdateKeyBody) {
    return this.changes.run(request, 'key.update', async ({ caller, by, note }) => {
      const key = await this.require(caller, 'keys.update', body.key, note);
      const ids = movedTo(key, body);
      const holder = await this.holders.find(caller, ids ?? idsOf(key));
      if (ids !== null) this.grant.requireHolder(caller, 'keys.issue', holder);
      const moved = ids === null ? {} : { ...ids, ...organizationOf(holder.team?.organizationId, ids) };
      const nowMs = Date.now();
      const change = await this.keys.change(key.id, by, (current) => {
        const patch = { ...keyPatch(body, current, nowMs), ...moved };
        if (patch.blocked !== undefined && patch.blocked !== current.blocked) {
          this.grant.requireBlocking(caller, subjectOf(current), patch.blocked);
        }
        const next = patched(current, patch);
        const takesOnly = ids === null && this.grant.isOnlyNarrower(current, next);
        if (isGrant(body) && !takesOnly)
          this.grant.require(caller, { keyId: key.id, fields: next, sent: body }, holder);
        return patch;
      });
      const { after } = noted(note, change);
      return { key: after.id, ...keyRow(after), ...this.grant.warnings(caller, after, body) };
    });
  }

  setBlocked(request: AdminRequest, lookup: string, blocked: boolean) {
    return this.changes.run(request, blocked ? 'key.block' : 'key.unblock', async ({ caller, by, note }) => {
      const key = await this.require(caller, blocked ? 'keys.block' : 'keys.unblock', lookup, note);
      const change = await this.keys.change(key.id, by, (current) => {
        this.grant.requireBlocking(caller, subjectOf(current), blocked);
        return { blocked };
      });
      const { after } = noted(note, change);
      return { key: after.id, ...keyRow(after) };
    });
  }

  /** All or, when one of them cannot be deleted, none. */
  delete(request: AdminRequest, { keys, key_aliases }: DeleteKeysBody) {
    return this.changes.run(request, 'key.delete', async ({ caller, note }) => {
      const found = await this.keys.find([...(keys ?? []), ...(key_aliases ?? [])]);
      const ids = [...new Set(found.flatMap((key) => key?.id ?? []))];
      note.target = { type: 'key', id: ids.join(',') };
      found.forEach((key, index) => {
        const param = index < (keys?.length ?? 0) ? 'keys' : 'key_aliases';
        requireOn(caller, 'keys.delete', 'keys.read', wantedKey(key, param));
      });
      note.before = { keys: found.map((key) => key && auditedKey(key)) };
      await this.keys.delete(ids);
      return { deleted_keys: ids };
    });
  }

  /** A key that the caller may do this to; named in the trail even when they may not. Throws NOT_FOUND, FORBIDDEN. */
  async require(
    caller: Caller,
    permission: Extract<Permission, `keys.${string}`>,
    lookup: string,
    note: ChangeNote,
  ): Promise<VirtualKey> {
    const [key = null] = await this.keys.find([lookup]);
    if (key !== null) note.target = { type: 'key', id: key.id };
    requireOn(caller, permission, 'keys.read', wantedKey(key));
    if (key === null) throw notFound(noun);
    return key;
  }
}

const noun = { noun: 'Key', param: 'key' };

export const wantedKey = (key: VirtualKey | null, param = 'key'): Wanted => ({
  subject: key === null ? null : subjectOf(key),
  noun: 'Key',
  param,
});

export const subjectOf = (key: VirtualKey): Subject => ({
  keyId: key.id,
  userId: key.userId,
  teamId: key.teamId,
  organizationId: key.effectiveOrganizationId,
});

export const idsOf = (key: VirtualKey): HolderIds => ({
  userId: key.userId,
  teamId: key.teamId,
  organizationId: key.organizationId,
});

/** Takes down what changed. Throws NOT_FOUND when the key went away in the meantime. */
export function noted<T extends KeyChange>(note: ChangeNote, change: T | null): T {
  if (change === null) throw notFound(noun);
  const { before, after } = difference(auditedKey(change.before), auditedKey(change.after));
  note.before = before;
  note.after = after;
  return change;
}

/** Where an update moves a key; null when it stays. */
function movedTo(key: VirtualKey, { user_id, team_id, organization_id }: UpdateKeyBody): HolderIds | null {
  if (user_id === undefined && team_id === undefined && organization_id === undefined) return null;
  return {
    userId: user_id === undefined ? key.userId : user_id,
    teamId: team_id === undefined ? key.teamId : team_id,
    organizationId: organization_id === undefined ? key.organizationId : organization_id,
  };
}

/** A key under a team of an organization finds its organization through the team, which may move. */
const organizationOf = (teamOrganizationId: string | null | undefined, ids: HolderIds) => ({
  organizationId: teamOrganizationId == null ? ids.organizationId : null,
});

const harmless: ReadonlySet<string> = new Set(['key', 'key_alias', 'metadata', 'tags', 'aliases', 'blocked']);

/** Whether an update touches what a key may do. */
export const isGrant = (body: KeyInput): boolean =>
  Object.entries(body).some(([field, value]) => value !== undefined && !harmless.has(field));

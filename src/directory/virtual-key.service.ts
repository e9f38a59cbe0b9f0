import { randomBytes } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { Secret } from '../core/secret.js';
import {
  displayVirtualKey,
  generateVirtualKey,
  hashVirtualKey,
  isVirtualKeyShaped,
} from '../core/virtual-key.js';
import { ChangeBus } from '../database/change-bus.js';
import { withConflicts } from './conflict.store.js';
import type { Patch } from './level.js';
import type { KeyOrder, Page, VirtualKey, VirtualKeyFields, VirtualKeyFilter } from './virtual-key.js';
import { VirtualKeyStore, type OnceOnly, type StoredSecret } from './virtual-key.store.js';

export interface IssuedKey {
  readonly key: VirtualKey;
  /** Shown once, to whoever asked for the key. */
  readonly secret: Secret;
}

export interface KeyChange {
  readonly before: VirtualKey;
  readonly after: VirtualKey;
}

export interface RotationRequest {
  /** null: a random one. */
  readonly secret: Secret | null;
  readonly graceUntil: Date | null;
  /** What the client calls this request, so that it is carried out once. */
  readonly idempotencyKey: string | null;
}

const newestFirst: KeyOrder = { by: 'createdAt', direction: 'desc' };
const idempotencyMs = 24 * 3_600_000;

/** Issues, finds, changes, rotates and revokes virtual keys. Says of every change that it happened. */
@Injectable()
export class VirtualKeyService {
  constructor(
    private readonly store: VirtualKeyStore,
    private readonly bus: ChangeBus,
  ) {}

  /** Throws CONFLICT when the alias or a chosen secret is taken. */
  async issue(fields: Patch<VirtualKeyFields>, secret: Secret | null, by: string | null): Promise<IssuedKey> {
    const value = secret ?? new Secret(generateVirtualKey());
    const key = await withConflicts(uniqueColumns, () =>
      this.store.insert(newKeyId(), stored(value), fields, by),
    );
    await this.#tell([key.id]);
    return { key, secret: value };
  }

  /** Each by the raw key, its id or its alias; null for those that are not there. */
  find(texts: readonly string[]): Promise<(VirtualKey | null)[]> {
    return this.store.findMany(
      texts.map((text) => (isVirtualKeyShaped(text) ? { hash: hashVirtualKey(text) } : { idOrAlias: text })),
    );
  }

  /** See `VirtualKeyStore.change`. Throws CONFLICT when the alias is taken. */
  async change(
    id: string,
    by: string | null,
    decide: (current: VirtualKey) => Patch<VirtualKeyFields>,
  ): Promise<KeyChange | null> {
    const change = await withConflicts(uniqueColumns, () => this.store.change(id, by, decide));
    if (change !== null) await this.#tell([id]);
    return change;
  }

  /** Replaces the secret and keeps everything else. Throws CONFLICT when this request was carried out before. */
  async rotate(
    id: string,
    by: string | null,
    { secret, graceUntil, idempotencyKey }: RotationRequest,
    decide: (current: VirtualKey) => Patch<VirtualKeyFields>,
  ): Promise<(IssuedKey & KeyChange) | null> {
    const value = secret ?? new Secret(generateVirtualKey());
    const once = idempotencyKey === null ? null : onceADay(id, idempotencyKey);
    const rotation = { secret: stored(value), graceUntil };
    const change = await withConflicts(uniqueColumns, () =>
      this.store.change(id, by, decide, rotation, once),
    );
    if (change === null) return null;
    await this.#tell([id]);
    return { ...change, key: change.after, secret: value };
  }

  async delete(ids: readonly string[]): Promise<void> {
    await this.store.delete(ids);
    await this.#tell(ids);
  }

  /** Newest first unless another order is asked for. */
  list(
    filter: VirtualKeyFilter,
    page: Page,
    order: KeyOrder = newestFirst,
  ): Promise<{ keys: VirtualKey[]; total: number }> {
    return this.store.list(filter, page, order);
  }

  async #tell(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.bus.publish({ kind: 'key', id })));
  }
}

const uniqueColumns = { key_alias_normalized: 'key_alias', hash: 'key', previous_hash: 'key' };

/** 96 random bits: unguessable is not needed, unique is. */
const newKeyId = (): string => `key_${randomBytes(12).toString('hex')}`;

const keyIdSyntax = /^key_[0-9a-f]{24}$/i;

/** Why a key cannot be called so; null when it can. An alias must never be taken for a raw key or an id. */
export function keyAliasProblem(alias: string): string | null {
  if (/^sk-/i.test(alias)) return 'must not begin like a key (sk-)';
  return keyIdSyntax.test(alias) ? 'must not look like a key_id' : null;
}

function stored(secret: Secret): StoredSecret {
  const value = secret.reveal();
  return { hash: hashVirtualKey(value), name: displayVirtualKey(value) };
}

const onceADay = (keyId: string, key: string): OnceOnly => ({
  scope: `key.regenerate:${keyId}`,
  key,
  expiresAt: new Date(Date.now() + idempotencyMs),
});

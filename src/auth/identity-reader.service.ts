import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import type { Change } from '../core/change.js';
import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import { Gate } from './gate.js';
import { IdentityCache } from './identity-cache.js';
import { KeyLookupStore } from './key-lookup.store.js';
import { secretHashOf, type Identity } from './key-record.js';

/** Contract section 8: how long a key known to this replica goes on without a database. */
const staleMs = 5 * 60_000;
const lookAtDatabaseEveryMs = 5_000;
const maxRereads = 3;

/** Reads identities that are not in the cache: once for all who ask at the same time, a bounded number at once. */
@Injectable()
export class IdentityReader implements OnModuleInit, OnModuleDestroy {
  readonly #underWay = new Map<string, Promise<Identity | null>>();
  readonly #gate = new Gate(8, 4_096);
  #unreachableSinceMs: number | null = null;
  #lookout: NodeJS.Timeout | undefined;

  constructor(
    private readonly cache: IdentityCache,
    private readonly store: KeyLookupStore,
  ) {}

  onModuleInit(): void {
    this.#lookout = setInterval(() => this.#look(), lookAtDatabaseEveryMs);
    this.#lookout.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.#lookout);
  }

  apply(change: Change): void {
    // Told when the database is back.
    if (change.kind === 'everything') this.#unreachableSinceMs = null;
  }

  /**
   * Who a key hash stands for; null when nobody. Throws DATABASE_UNAVAILABLE when that cannot be found out, unless the
   * key was known a short while ago.
   */
  read(hash: string): Promise<Identity | null> {
    const underWay = this.#underWay.get(hash);
    if (underWay !== undefined) return underWay;
    const reading = this.#read(hash).finally(() => this.#underWay.delete(hash));
    this.#underWay.set(hash, reading);
    return reading;
  }

  byKeyId(keyId: string): Promise<Identity | null> {
    return this.store.byKeyId(keyId);
  }

  /** Whether this very principal is what the cache holds. */
  isCurrent(principal: Principal): boolean {
    const hash = secretHashOf(principal);
    return hash !== undefined && this.cache.get(hash)?.principal === principal;
  }

  /** Reads many anew, whatever is cached. Throws DATABASE_UNAVAILABLE. */
  async readAgain(hashes: readonly string[]): Promise<ReadonlyMap<string, Identity>> {
    for (let attempt = 1; ; attempt++) {
      const { revision } = this.cache;
      const found = await this.store.byHashes(hashes);
      let isSettled = true;
      for (const identity of found.values()) {
        if (this.cache.changedSince(revision, identity.principal)) isSettled = false;
        else this.cache.put(identity);
      }
      if (isSettled || attempt === maxRereads) return found;
    }
  }

  /** Keys that need no reading must end, too, when the database stays away. */
  #look(): void {
    if (this.store.isReachable) return;
    this.#unreachableSinceMs ??= Date.now();
    if (Date.now() - this.#unreachableSinceMs >= staleMs) this.cache.doubtAll();
  }

  async #read(hash: string): Promise<Identity | null> {
    try {
      const identity = await this.#gate.run(() => this.#readSettled(hash), unavailable);
      this.#unreachableSinceMs = null;
      return identity;
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'DATABASE_UNAVAILABLE') throw error;
      const now = Date.now();
      this.#unreachableSinceMs ??= now;
      const lastKnown = this.cache.lastKnown(hash);
      if (lastKnown !== undefined && now - this.#unreachableSinceMs < staleMs) return lastKnown;
      throw error;
    }
  }

  /** Reads again while what was read changes under way, so that nothing outdated is kept. */
  async #readSettled(hash: string): Promise<Identity | null> {
    for (let attempt = 1; ; attempt++) {
      const { revision } = this.cache;
      const identity = await this.store.byHash(hash);
      const isOutdated = this.cache.changedSince(revision, identity?.principal ?? null);
      if (!isOutdated) {
        if (identity === null) this.cache.putUnknown(hash);
        else this.cache.put(identity);
      }
      if (!isOutdated || attempt === maxRereads) return identity;
    }
  }
}

const unavailable = (): GatewayError => new GatewayError('DATABASE_UNAVAILABLE', { retryAfterSeconds: 1 });

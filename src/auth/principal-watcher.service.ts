import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';

import type { Change } from '../core/change.js';
import type { Principal } from '../core/principal.js';
import { DependencyIndex } from './dependency-index.js';
import { IdentityReader } from './identity-reader.service.js';
import { secretHashOf, type Identity } from './key-record.js';

/** `deleted` is also a secret that a regeneration replaced. */
export type WatchEnd = 'blocked' | 'deleted' | 'expired';
/** `null` with the reason: the key has ended. Otherwise what it may from now on. */
export type PrincipalListener = (next: Principal | null, reason: WatchEnd | 'changed') => void;

/** What became of one secret of a key: `next` is what it stands for from now on, null when that is nothing any more. */
export interface SecretChange {
  readonly keyId: string;
  readonly next: Principal | null;
  readonly reason: WatchEnd | 'changed';
  /** Whether a principal came with this secret; a key has two while a regeneration's grace period lasts. */
  readonly concerns: (principal: Principal) => boolean;
}

interface WatchedSecret {
  readonly hash: string;
  principal: Principal;
  readonly listeners: Set<PrincipalListener>;
  expiry: NodeJS.Timeout | undefined;
}

/** Secrets read with one query. */
const batchSize = 500;
const retryMs = 500;
/** Longest that setTimeout can wait. */
const maxTimerMs = 2 ** 31 - 1;

/** Tells open sessions, streams and calls what becomes of their key, within the second that contract section 7 allows. */
@Injectable()
export class PrincipalWatcher implements OnModuleDestroy {
  readonly #logger = new Logger('Keys');
  readonly #watched = new Map<string, WatchedSecret>();
  readonly #dependents = new DependencyIndex<WatchedSecret>();
  readonly #changeListeners = new Set<(change: SecretChange) => void>();
  /** Hash to the principal as last known. */
  readonly #owed = new Map<string, Principal>();
  #isRereading = false;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(private readonly reader: IdentityReader) {}

  /** Calls `listener` on every change of the principal until the returned function is called or the key ends. */
  watch(principal: Principal, listener: PrincipalListener): () => void {
    if (principal.kind === 'master_key') return () => undefined;
    const hash = secretHashOf(principal);
    if (hash === undefined) throw new Error('Only a principal that was authenticated can be watched.');
    let watched = this.#watched.get(hash);
    if (watched === undefined) {
      watched = { hash, principal, listeners: new Set(), expiry: undefined };
      this.#watched.set(hash, watched);
      this.#enter(watched);
    }
    const own: PrincipalListener = (next, reason) => listener(next, reason);
    watched.listeners.add(own);
    // Something may have changed between authentication and now.
    if (!this.reader.isCurrent(principal)) this.#owe([principal]);
    return () => this.#unwatch(hash, own);
  }

  /** Tells of every secret that this replica knew and that changed, watched or not. Returns how to stop. */
  onChange(listener: (change: SecretChange) => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  /** `forgotten`: principals that the change threw out of the cache. */
  apply(change: Change, forgotten: readonly Principal[]): void {
    const affected =
      change.kind === 'everything'
        ? [...this.#watched.values()]
        : this.#dependents.of(change.kind, change.id);
    this.#owe([...affected.map(({ principal }) => principal), ...forgotten]);
  }

  onModuleDestroy(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    for (const watched of this.#watched.values()) clearTimeout(watched.expiry);
    this.#watched.clear();
  }

  #owe(principals: readonly Principal[]): void {
    for (const principal of principals) {
      const hash = secretHashOf(principal);
      if (hash !== undefined) this.#owed.set(hash, principal);
    }
    if (this.#owed.size > 0) void this.#reread();
  }

  /** One batch after the other, so that a change of a large team is a handful of queries. */
  async #reread(): Promise<void> {
    if (this.#isRereading || this.#isClosed) return;
    this.#isRereading = true;
    try {
      while (this.#owed.size > 0) {
        const batch = [...this.#owed].slice(0, batchSize);
        for (const [hash] of batch) this.#owed.delete(hash);
        try {
          const found = await this.reader.readAgain(batch.map(([hash]) => hash));
          for (const [hash, principal] of batch) this.#settle(hash, principal, found.get(hash));
        } catch {
          // The database is away. What is owed stays owed; the requests of these keys meet the same database.
          for (const [hash, principal] of batch) this.#owed.set(hash, principal);
          this.#scheduleRetry();
          return;
        }
      }
    } finally {
      this.#isRereading = false;
    }
  }

  #scheduleRetry(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#reread(), retryMs);
    this.#retry.unref();
  }

  #settle(hash: string, last: Principal, identity: Identity | undefined): void {
    if (identity === undefined) this.#end(hash, last.keyId, 'deleted');
    else if (identity.blockedBy !== null) this.#end(hash, last.keyId, 'blocked');
    else if (hasExpired(identity.principal)) this.#end(hash, last.keyId, 'expired');
    else this.#renew(hash, identity.principal);
  }

  #renew(hash: string, next: Principal): void {
    this.#tellAll(hash, { keyId: next.keyId, next, reason: 'changed' });
    const watched = this.#watched.get(hash);
    if (watched === undefined) return;
    const isSame = JSON.stringify(next) === JSON.stringify(watched.principal);
    this.#leave(watched);
    watched.principal = next;
    this.#enter(watched);
    if (!isSame) for (const listener of [...watched.listeners]) this.#tell(() => listener(next, 'changed'));
  }

  #enter(watched: WatchedSecret): void {
    this.#dependents.add(watched, watched.principal);
    const { expiresAtMs } = watched.principal;
    if (expiresAtMs === null) return;
    const waitMs = Math.min(Math.max(expiresAtMs - Date.now(), 0), maxTimerMs);
    watched.expiry = setTimeout(() => {
      if (hasExpired(watched.principal)) this.#end(watched.hash, watched.principal.keyId, 'expired');
      else {
        this.#leave(watched);
        this.#enter(watched);
      }
    }, waitMs);
    watched.expiry.unref();
  }

  #leave(watched: WatchedSecret): void {
    this.#dependents.remove(watched, watched.principal);
    clearTimeout(watched.expiry);
  }

  #end(hash: string, keyId: string, reason: WatchEnd): void {
    const watched = this.#watched.get(hash);
    if (watched !== undefined) {
      this.#leave(watched);
      this.#watched.delete(hash);
      for (const listener of [...watched.listeners]) this.#tell(() => listener(null, reason));
    }
    this.#tellAll(hash, { keyId, next: null, reason });
  }

  #tellAll(hash: string, change: Omit<SecretChange, 'concerns'>): void {
    const concerns = (principal: Principal): boolean => secretHashOf(principal) === hash;
    for (const listener of [...this.#changeListeners]) this.#tell(() => listener({ ...change, concerns }));
  }

  /** One listener's fault must not keep the next one's stream open. */
  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#logger.error('A listener of a key failed', error instanceof Error ? error.stack : undefined);
    }
  }

  #unwatch(hash: string, listener: PrincipalListener): void {
    const watched = this.#watched.get(hash);
    if (watched?.listeners.delete(listener) !== true || watched.listeners.size > 0) return;
    this.#leave(watched);
    this.#watched.delete(hash);
  }
}

const hasExpired = ({ expiresAtMs }: Principal): boolean => expiresAtMs !== null && expiresAtMs <= Date.now();

import { LRUCache } from 'lru-cache';

import type { Change } from '../core/change.js';
import type { Principal } from '../core/principal.js';
import { DependencyIndex, type Dependencies } from './dependency-index.js';
import type { Identity } from './key-record.js';

interface CachedIdentity {
  readonly identity: Identity;
  /** Something may have been missed: good only while the database cannot be asked. */
  isDoubtful: boolean;
}

/** How many changes are remembered for reads that were under way when they happened. */
const rememberedChanges = 1_024;

const changesThatMatter: ReadonlySet<Change['kind']> = new Set([
  'key',
  'user',
  'team',
  'organization',
  'everything',
]);

/** Who each key hash stands for, bounded, thrown away when anything it was made of changes. Hashes only, no secrets. */
export class IdentityCache {
  readonly #known: LRUCache<string, CachedIdentity>;
  readonly #unknown: LRUCache<string, true>;
  readonly #dependents = new DependencyIndex<CachedIdentity>();
  readonly #changes: Change[] = [];
  #changeCount = 0;

  constructor(options: {
    readonly maxKnown: number;
    readonly maxUnknown: number;
    readonly unknownTtlMs: number;
  }) {
    this.#known = new LRUCache({
      max: options.maxKnown,
      dispose: (entry) => this.#dependents.remove(entry, entry.identity.principal),
    });
    this.#unknown = new LRUCache({ max: options.maxUnknown, ttl: options.unknownTtlMs });
  }

  /** undefined when there is none, or when it must be read again. */
  get(hash: string): Identity | undefined {
    const entry = this.#known.get(hash);
    return entry === undefined || entry.isDoubtful ? undefined : entry.identity;
  }

  /** Also what is doubtful: for use while the database is away. */
  lastKnown(hash: string): Identity | undefined {
    return this.#known.peek(hash)?.identity;
  }

  isUnknown(hash: string): boolean {
    return this.#unknown.has(hash);
  }

  /** A mark to hand to `changedSince` after a read. */
  get revision(): number {
    return this.#changeCount;
  }

  /** Whether something that `on` names changed after `revision`. */
  changedSince(revision: number, on: Dependencies | null): boolean {
    const since = this.#changeCount - revision;
    if (since > this.#changes.length) return true;
    return this.#changes
      .slice(this.#changes.length - since)
      .some((change) => on === null || touches(change, on));
  }

  put(identity: Identity): void {
    const entry: CachedIdentity = { identity, isDoubtful: false };
    this.#known.set(identity.hash, entry);
    this.#dependents.add(entry, identity.principal);
    this.#unknown.delete(identity.hash);
  }

  putUnknown(hash: string): void {
    this.#known.delete(hash);
    this.#unknown.set(hash, true);
  }

  /** Returns whom it forgot. */
  apply(change: Change): readonly Principal[] {
    if (!changesThatMatter.has(change.kind)) return [];
    this.#remember(change);
    if (change.kind === 'everything') {
      this.doubtAll();
      this.#unknown.clear();
      return [];
    }
    // A key issued with a secret of the administrator's choosing may have been asked for before it existed.
    if (change.kind === 'key') this.#unknown.clear();
    const affected = this.#dependents.of(change.kind, change.id).map(({ identity }) => identity);
    for (const { hash } of affected) this.#known.delete(hash);
    return affected.map(({ principal }) => principal);
  }

  /** From now on each is read again before it is used. */
  doubtAll(): void {
    for (const entry of this.#known.values()) entry.isDoubtful = true;
  }

  #remember(change: Change): void {
    this.#changeCount++;
    this.#changes.push(change);
    if (this.#changes.length > rememberedChanges) this.#changes.splice(0, rememberedChanges / 2);
  }
}

function touches(change: Change, on: Dependencies): boolean {
  switch (change.kind) {
    case 'everything':
      return true;
    case 'key':
      return change.id === on.keyId;
    case 'user':
      return change.id === on.userId;
    case 'team':
      return change.id === on.teamId;
    case 'organization':
      return change.id === on.organizationId;
    default:
      return false;
  }
}

import type { UpstreamCatalog } from '../../core/catalog.js';

/** A catalog as it was last read from an upstream, before configuration narrowed it. */
export interface StoredCatalog {
  readonly catalog: UpstreamCatalog;
  /** Of the endpoint it was read from; another endpoint's catalog says nothing. */
  readonly fingerprint: string;
}

/** Keeps the last known good catalogs, so that listing never waits, not even after a restart. */
export interface CatalogStore {
  load(): Promise<readonly StoredCatalog[]>;
  /** Replaces what was stored for this upstream. */
  save(stored: StoredCatalog): Promise<void>;
}

export const CATALOG_STORE = Symbol('CATALOG_STORE');

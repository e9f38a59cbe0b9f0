import type { CatalogStore, StoredCatalog } from './catalog-store.js';

/** Catalogs kept as long as the process lives. */
export class MemoryCatalogStore implements CatalogStore {
  readonly #stored = new Map<string, StoredCatalog>();

  load(): Promise<readonly StoredCatalog[]> {
    return Promise.resolve([...this.#stored.values()]);
  }

  save(stored: StoredCatalog): Promise<void> {
    this.#stored.set(stored.catalog.upstream, stored);
    return Promise.resolve();
  }
}

import { setTimeout as pause } from 'node:timers/promises';

import type { UpstreamCatalog } from '../../core/catalog.js';
import type { UpstreamConfig } from '../../core/upstream.js';
import { endpointFingerprint } from '../config-fingerprint.js';
import type { CatalogStore, StoredCatalog } from './catalog-store.js';

const retryMs = 250;

/** What an earlier process, or another replica, had read of upstreams: good until each was read anew. */
export class StoredCatalogs {
  readonly #byUpstream = new Map<string, StoredCatalog>();
  readonly #stop = new AbortController();
  #isRead = false;

  constructor(private readonly store: CatalogStore) {}

  get isRead(): boolean {
    return this.#isRead;
  }

  /**
   * Reads them, however long the database is away: what it knows is worth having until every upstream was read anew.
   *
   * @param take told once, when there is something to take
   * @param prepare what has to be known before; it is tried again too
   */
  async read(take: () => void, prepare: () => Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const all = await this.store.load();
        await prepare();
        for (const stored of all) this.#byUpstream.set(stored.catalog.upstream, stored);
        take();
        this.#isRead = true;
        return;
      } catch {
        await pause(retryMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** That of an upstream whose endpoint is still the same, once; null when there is none. */
  take(config: UpstreamConfig): UpstreamCatalog | null {
    const stored = this.#byUpstream.get(config.name);
    if (stored?.fingerprint !== endpointFingerprint(config)) return null;
    this.#byUpstream.delete(config.name);
    return stored.catalog;
  }

  close(): void {
    this.#stop.abort();
  }
}

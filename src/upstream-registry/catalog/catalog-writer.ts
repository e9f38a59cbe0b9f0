import { setTimeout as pause } from 'node:timers/promises';

import { Backoff } from '../backoff.js';
import type { CatalogStore, StoredCatalog } from './catalog-store.js';

/** How long the end may wait for what is not written yet. */
const flushMs = 1_000;

/** Writes catalogs one after the other, off every call's way; of one upstream only the newest. Never fails. */
export class CatalogWriter {
  readonly #waiting = new Map<string, StoredCatalog>();
  readonly #backoff = new Backoff({ firstMs: 500, maxMs: 30_000 });
  readonly #stop = new AbortController();
  #writing: Promise<void> | null = null;

  constructor(private readonly store: CatalogStore) {}

  save(stored: StoredCatalog): void {
    if (this.#stop.signal.aborted) return;
    this.#waiting.set(stored.catalog.upstream, stored);
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = null));
  }

  async close(): Promise<void> {
    if (this.#writing === null) return;
    const late = new AbortController();
    const flushed = this.#writing.then(() => late.abort());
    await Promise.race([flushed, pause(flushMs, undefined, { signal: late.signal }).catch(() => undefined)]);
    this.#stop.abort();
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#next(); next !== undefined && !this.#stop.signal.aborted; next = this.#next()) {
      const { upstream } = next.catalog;
      try {
        await this.store.save(next);
        this.#backoff.reset();
        if (this.#waiting.get(upstream) === next) this.#waiting.delete(upstream);
      } catch {
        // The database is away; what it did not get is still known here.
        await pause(this.#backoff.nextMs(), undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }

  #next(): StoredCatalog | undefined {
    return this.#waiting.values().next().value;
  }
}

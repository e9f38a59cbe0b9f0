import type { CatalogTool } from '../../core/catalog.js';
import type { UpstreamConfig } from '../../core/upstream.js';
import { Backoff } from '../backoff.js';
import type { FingerprintStore, Observation } from './fingerprint-store.js';
import { seenTools } from './seen-tools.js';

/** What an upstream has at this moment. */
export interface Sight {
  readonly upstream: Pick<UpstreamConfig, 'id' | 'name' | 'pin'>;
  readonly tools: readonly CatalogTool[];
}

export interface ToolWatchListener {
  onObservation(sight: Sight, observation: Observation): void;
}

/** What did not change is noted as still there this often. */
const notedAgainMs = 60 * 60_000;
/** How long the end may wait for what is not noted yet. */
const flushMs = 1_000;

/**
 * Notes what upstreams have, off every call's way: one upstream after the other, of each only the newest, and the less
 * often the more it changes. While the database is away what it did not get is kept here. Never fails.
 */
export class ToolWatch {
  readonly #waiting = new Map<string, Sight>();
  readonly #noted = new Map<string, Sight & { readonly at: number }>();
  readonly #paces = new Map<string, Backoff>();
  readonly #earliest = new Map<string, number>();
  /** A database that is away says so at once: asking costs nothing. */
  readonly #retry = new Backoff({ firstMs: 250, maxMs: 2_000 });
  #timer: NodeJS.Timeout | null = null;
  #noting: Promise<void> | null = null;
  #isClosed = false;

  constructor(
    private readonly store: FingerprintStore,
    private readonly listener: ToolWatchListener,
  ) {}

  see(sight: Sight): void {
    const { id, pin } = sight.upstream;
    const noted = this.#noted.get(id);
    const isKnown = noted?.tools === sight.tools && noted.upstream.pin === pin;
    if (this.#isClosed || (isKnown && performance.now() - noted.at < notedAgainMs)) return;
    this.#waiting.set(id, sight);
    this.#noteSoon(0);
  }

  forget(id: string): void {
    for (const kept of [this.#waiting, this.#noted, this.#paces, this.#earliest]) kept.delete(id);
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#isClosed = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, flushMs)));
    await Promise.race([this.#noting, late]);
    clearTimeout(timer);
  }

  #noteSoon(delayMs: number): void {
    if (this.#isClosed || this.#noting !== null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#noting = this.#noteAll().finally(() => {
        this.#noting = null;
        this.#noteRest();
      });
    }, delayMs);
  }

  async #noteAll(): Promise<void> {
    for (let id = this.#nextDue(); id !== undefined && !this.#isClosed; id = this.#nextDue()) {
      const sight = this.#waiting.get(id);
      if (sight === undefined) return;
      try {
        const seen = await seenTools(sight.tools);
        const observation = await this.store.observe(id, seen, sight.upstream.pin);
        this.#retry.reset();
        this.#onNoted(sight, observation);
        this.listener.onObservation(sight, observation);
      } catch {
        this.#earliest.set(id, performance.now() + this.#retry.nextMs());
      }
    }
  }

  #onNoted(sight: Sight, { isFirst, added }: Observation): void {
    const { id } = sight.upstream;
    if (this.#waiting.get(id) === sight) this.#waiting.delete(id);
    this.#noted.set(id, { ...sight, at: performance.now() });
    if (isFirst || added.length === 0) {
      this.#paces.delete(id);
      this.#earliest.delete(id);
      return;
    }
    const pace = this.#paces.get(id) ?? new Backoff({ firstMs: 1_000, maxMs: 60_000 });
    this.#paces.set(id, pace);
    this.#earliest.set(id, performance.now() + pace.nextMs());
  }

  #nextDue(): string | undefined {
    const now = performance.now();
    return [...this.#waiting.keys()].find((id) => (this.#earliest.get(id) ?? 0) <= now);
  }

  #noteRest(): void {
    const times = Array.from(this.#waiting.keys(), (id) => this.#earliest.get(id) ?? 0);
    if (times.length > 0) this.#noteSoon(Math.max(0, Math.min(...times) - performance.now()));
  }
}

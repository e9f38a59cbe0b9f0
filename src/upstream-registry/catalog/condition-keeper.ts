import type { CatalogLists, UpstreamCatalog } from '../../core/catalog.js';
import { Backoff } from '../backoff.js';
import { readConditions, type ReadAs } from './condition-reader.js';

export interface ConditionSource {
  /** null: no client is ever told apart from others, so there is nothing to find out. */
  readonly readAs: ReadAs | null;
  /** How soon after the catalog a reading may start by itself. */
  readonly delayMs: number;
}

export interface ConditionListener {
  conditionSource(): ConditionSource;
  /** @param readAt null: what is needed for what is still to be found out */
  onConditions(conditional: CatalogLists, readAt: Date | null): void;
  /** There is nothing to find out at the moment, or it could not be. */
  onConditionsSettled(): void;
}

/** What was found out holds so long, unless the catalog changes. */
const maxAgeMs = 24 * 60 * 60 * 1_000;
/** A private connection that says its list changed says so when it opens, with many servers. */
const hintIntervalMs = 10 * 60 * 1_000;
/** A catalog that changes time and again is not worth several connections each time. */
const minIntervalMs = 10_000;

/**
 * Keeps known what an upstream offers only to clients that can be asked (sampling, elicitation, roots). The shared
 * connection never learns of it; it takes connections of their own, so it is found out seldom, and off every call's way.
 */
export class ConditionKeeper {
  readonly #backoff = new Backoff({ firstMs: 60_000, maxMs: 3_600_000 });
  #base: UpstreamCatalog | null = null;
  #readAt: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #reading: Promise<void> | null = null;
  #isStale = false;
  #startedAt = -Infinity;
  /** An attempt that failed is not made again at once, however many want to know. */
  #notBefore = 0;
  #isClosed = false;

  constructor(
    private readonly listener: ConditionListener,
    private readonly now: () => number = Date.now,
  ) {}

  /** The catalog as everybody is offered it was read. */
  onBase(base: UpstreamCatalog, isChanged: boolean): void {
    const isFirst = this.#base === null;
    this.#base = base;
    this.#readAt ??= base.conditionsReadAt?.getTime() ?? null;
    if (isChanged && !isFirst) this.#isStale = true;
    const { readAs, delayMs } = this.listener.conditionSource();
    if (readAs === null || this.#isKnown()) {
      this.listener.onConditionsSettled();
      return;
    }
    this.#schedule(Math.max(delayMs, this.#startedAt + minIntervalMs - this.now()));
  }

  /** A private connection was told that a list changed. */
  hint(): void {
    if (this.#readAt === null || this.now() - this.#readAt < hintIntervalMs) return;
    this.#isStale = true;
    this.#schedule(0);
  }

  /** Someone wants to know now. Resolves when it is known, or cannot be. */
  async settle(): Promise<void> {
    if (this.#base === null || this.#isKnown() || this.listener.conditionSource().readAs === null) return;
    if (this.#reading === null && performance.now() >= this.#notBefore) this.#run();
    await this.#reading;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #isKnown(): boolean {
    return this.#readAt !== null && !this.#isStale && this.now() - this.#readAt < maxAgeMs;
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed || this.#reading !== null) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), delayMs);
    this.#timer.unref();
  }

  #run(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { readAs } = this.listener.conditionSource();
    if (this.#base === null || readAs === null || this.#reading !== null || this.#isClosed) return;
    this.#startedAt = this.now();
    this.#reading = this.#read(this.#base, readAs).then((isDone) => {
      this.#reading = null;
      // The upstream may not bear a second connection at all.
      if (!isDone) this.#onFailure(this.#backoff.nextMs());
      if (!this.#isClosed) this.listener.onConditionsSettled();
    });
  }

  #onFailure(waitMs: number): void {
    this.#notBefore = performance.now() + waitMs;
    this.#schedule(waitMs);
  }

  /** False when it could not be read; it goes on with what was known. */
  async #read(base: UpstreamCatalog, readAs: ReadAs): Promise<boolean> {
    const wasStale = this.#isStale;
    this.#isStale = false;
    try {
      const conditional = await readConditions(base, readAs, (extras) => this.#tell(extras, null));
      this.#readAt = this.now();
      this.#tell(conditional, new Date(this.#readAt));
      this.#backoff.reset();
      return true;
    } catch {
      this.#isStale ||= wasStale;
      return false;
    }
  }

  #tell(conditional: CatalogLists, readAt: Date | null): void {
    if (!this.#isClosed) this.listener.onConditions(conditional, readAt);
  }
}

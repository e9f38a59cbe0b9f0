import type { CatalogLists, UpstreamCatalog } from '../../core/catalog.js';
import { Backoff } from '../backoff.js';
import type { ServerFacts } from '../connection/server-facts.js';
import type { TransportFault } from '../transports/transport-fault.js';
import { catalogChanges, isChanged, type CatalogChanges } from './catalog-changes.js';
import { readCatalog } from './catalog-reader.js';
import { conditionalOf, unconditional, withMore } from './conditional.js';
import type { AskPage, ListLimits } from './list-reader.js';

/** Where a catalog is read from: the connection as it is now. */
export interface CatalogSource {
  readonly facts: ServerFacts;
  readonly ask: AskPage;
}

export interface CatalogKeeperListener {
  /** The upstream as connected now; null while it is not. */
  catalogSource(): CatalogSource | null;
  /** What clients may see of it. */
  shownOf(catalog: UpstreamCatalog): UpstreamCatalog;
  /** What clients see has changed. */
  onCatalog(changes: CatalogChanges): void;
  /** What everybody is offered was read whole. @param isChanged it differs from what was known */
  onRead(base: UpstreamCatalog, isChanged: boolean): void;
  /** What is known has changed, and should be kept for the next start. */
  onKnown(catalog: UpstreamCatalog): void;
  /** null: the catalog is whole and trusted. */
  onCatalogFault(message: string | null): void;
}

/** `list_changed` may come in storms; the list is read anew this often at most, after many definitions less often. */
const minIntervalMs = 1_000;
const definitionsPerInterval = 500;

/**
 * The last known good catalog of one upstream: read when it connects, when it says that a list changed, and now and then
 * because many never say; kept when it goes away. A list that was full and comes back empty is read twice before it is believed.
 */
export class CatalogKeeper {
  readonly #retry = new Backoff({ firstMs: 2_000, maxMs: 60_000 });
  /** What everybody is offered. */
  #base: UpstreamCatalog | null = null;
  #conditional: CatalogLists = noLists;
  /** Both. */
  #read: UpstreamCatalog | null = null;
  #shown: UpstreamCatalog | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isReading = false;
  /** How often a reading was asked for. */
  #wanted = 0;
  #isSuspect = false;
  #startedAt = -Infinity;
  /** Definitions that came with the last reading. */
  #lastCount = 0;
  #isClosed = false;

  constructor(
    private readonly upstream: string,
    private readonly limits: ListLimits,
    private readonly refreshMs: number,
    private readonly listener: CatalogKeeperListener,
  ) {}

  /** As it is shown. */
  get current(): UpstreamCatalog | null {
    return this.#shown;
  }

  /** As it was last read. */
  get lastRead(): UpstreamCatalog | null {
    return this.#read;
  }

  /** Takes over what an earlier process or an earlier configuration had read, unless something was read already. */
  restore(catalog: UpstreamCatalog): void {
    if (this.#base !== null) return;
    this.#conditional = conditionalOf(catalog);
    this.#take(unconditional(catalog));
  }

  /** What may be shown has to be found out anew. */
  review(): void {
    if (this.#read !== null) this.#show(this.#read);
  }

  /** What is offered only to some. @param readAt null: not found out for good */
  setConditional(conditional: CatalogLists, readAt: Date | null): void {
    if (this.#base === null) return;
    this.#conditional = conditional;
    this.#take(readAt === null ? this.#base : { ...this.#base, conditionsReadAt: readAt });
    if (readAt !== null && this.#read !== null) this.listener.onKnown(this.#read);
  }

  /** Reads the catalog anew, soon. */
  refresh(): void {
    this.#wanted++;
    if (!this.#isReading) this.#schedule(this.#startedAt + this.#intervalMs - performance.now());
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  get #intervalMs(): number {
    return minIntervalMs * Math.max(1, this.#lastCount / definitionsPerInterval);
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), Math.max(0, delayMs));
  }

  async #run(): Promise<void> {
    this.#timer = null;
    const source = this.listener.catalogSource();
    if (source === null || this.#isReading) return;
    this.#isReading = true;
    this.#startedAt = performance.now();
    const wanted = this.#wanted;
    const known = this.#base;
    const reading = await readCatalog(this.upstream, source.facts, known, source.ask, this.limits);
    const { catalog, fault } = reading;
    this.#isReading = false;
    this.#lastCount = reading.count;
    if (this.#hasClosed()) return;
    if (this.#looksWrong(known, catalog, fault)) {
      this.#isSuspect = true;
      this.#schedule(minIntervalMs);
      this.listener.onCatalogFault('answered with an empty list of tools; reading it once more');
      return;
    }
    this.#isSuspect = false;
    const isNew = isChanged(known, catalog);
    // Unchanged, the old object stays: what was found out about its parts stays good.
    if (isNew) this.#take({ ...catalog, ...conditionsReadOf(known) });
    if (fault === null) this.#retry.reset();
    if (this.#wanted !== wanted) this.#schedule(this.#intervalMs);
    else if (this.listener.catalogSource() !== null)
      this.#schedule(fault === null ? spread(this.refreshMs) : this.#retry.nextMs());
    if (fault === null) {
      if (isNew) this.listener.onKnown(this.#read ?? catalog);
      this.listener.onRead(this.#base ?? catalog, isNew);
    }
    this.listener.onCatalogFault(fault?.message ?? null);
  }

  #hasClosed(): boolean {
    return this.#isClosed;
  }

  #looksWrong(known: UpstreamCatalog | null, read: UpstreamCatalog, fault: TransportFault | null): boolean {
    const hadTools = known !== null && known.tools.length > 0;
    return fault === null && hadTools && read.tools.length === 0 && !this.#isSuspect;
  }

  #take(base: UpstreamCatalog): void {
    this.#base = base;
    this.#show(withMore(base, this.#conditional));
  }

  #show(catalog: UpstreamCatalog): void {
    const before = this.#shown;
    this.#read = catalog;
    const shown = this.listener.shownOf(catalog);
    // Unchanged, the old object stays: what was built from it stays good.
    if (before !== null && !isChanged(before, shown)) return;
    this.#shown = shown;
    this.listener.onCatalog(catalogChanges(before, shown));
  }
}

const noLists: CatalogLists = { tools: [], prompts: [], resources: [], resourceTemplates: [] };

function conditionsReadOf(known: UpstreamCatalog | null): Pick<UpstreamCatalog, 'conditionsReadAt'> {
  return known?.conditionsReadAt === undefined ? {} : { conditionsReadAt: known.conditionsReadAt };
}

/** Up to a tenth sooner or later, so that many upstreams are not all read in the same moment. */
function spread(delayMs: number): number {
  return delayMs * (0.9 + Math.random() * 0.2);
}

import type { CatalogLists, CatalogTool, UpstreamCatalog } from '../../core/catalog.js';
import type { UpstreamConfig } from '../../core/upstream.js';
import type { RegistrySetting } from '../registry-setting.js';
import type { CatalogChanges } from './catalog-changes.js';
import { CatalogKeeper, type CatalogKeeperListener, type CatalogSource } from './catalog-keeper.js';
import { CatalogShape } from './catalog-shape.js';
import { ConditionKeeper, type ConditionListener, type ConditionSource } from './condition-keeper.js';

export interface OfferOwner {
  readonly config: UpstreamConfig;
  /** The upstream as connected now; null while it is not. */
  catalogSource(): CatalogSource | null;
  conditionSource(): ConditionSource;
  /** What clients see has changed. */
  onCatalog(changes: CatalogChanges): void;
  /** What is known should be kept for the next start. */
  onCatalogRead(catalog: UpstreamCatalog): void;
  /** null: the catalog is whole and trusted. */
  onCatalogFault(message: string | null): void;
}

/** What an upstream offers: to everybody, to clients that can be asked, and of all that what may be shown. */
export class Offer implements CatalogKeeperListener, ConditionListener {
  readonly #shape: CatalogShape;
  readonly #catalog: CatalogKeeper;
  readonly #conditions: ConditionKeeper;

  constructor(
    private readonly setting: RegistrySetting,
    private readonly owner: OfferOwner,
  ) {
    this.#shape = new CatalogShape(setting.separator, setting.pins);
    this.#catalog = new CatalogKeeper(owner.config.name, setting.lists, setting.listRefreshMs, this);
    this.#conditions = new ConditionKeeper(this);
  }

  /** As it is shown. */
  get current(): UpstreamCatalog | null {
    return this.#catalog.current;
  }

  get lastRead(): UpstreamCatalog | null {
    return this.#catalog.lastRead;
  }

  /** Tools that nobody may see before they are approved. */
  get withheld(): readonly CatalogTool[] {
    return this.#shape.withheld;
  }

  restore(catalog: UpstreamCatalog): void {
    this.#catalog.restore(catalog);
  }

  /** What may be shown has to be found out anew. */
  review(): void {
    this.#catalog.review();
  }

  /** Reads anew, soon. */
  refresh(): void {
    this.#catalog.refresh();
  }

  /** The same, at the word of a connection that belongs to one client. */
  refreshForOne(): void {
    this.#catalog.refresh();
    this.#conditions.hint();
  }

  /** Resolves when it is known what clients that can be asked are offered, or that it cannot be known now. */
  settle(): Promise<void> {
    return this.#conditions.settle();
  }

  close(): void {
    this.#catalog.close();
    this.#conditions.close();
  }

  catalogSource(): CatalogSource | null {
    return this.owner.catalogSource();
  }

  conditionSource(): ConditionSource {
    return this.owner.conditionSource();
  }

  shownOf(catalog: UpstreamCatalog): UpstreamCatalog {
    return this.#shape.of(catalog, this.owner.config);
  }

  onCatalog(changes: CatalogChanges): void {
    this.owner.onCatalog(changes);
  }

  onRead(base: UpstreamCatalog, isChanged: boolean): void {
    this.#conditions.onBase(base, isChanged);
  }

  onKnown(catalog: UpstreamCatalog): void {
    this.owner.onCatalogRead(catalog);
  }

  onCatalogFault(message: string | null): void {
    this.owner.onCatalogFault(message);
  }

  onConditions(conditional: CatalogLists, readAt: Date | null): void {
    this.#catalog.setConditional(conditional, readAt);
  }

  /** Only what was read to the end is what an upstream has: what is found out in parts is not new each time. */
  onConditionsSettled(): void {
    const { config } = this.owner;
    this.setting.pins?.see({ upstream: config, tools: this.lastRead?.tools ?? [] });
  }
}

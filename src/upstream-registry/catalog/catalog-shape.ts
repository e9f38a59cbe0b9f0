import type { CatalogTool, UpstreamCatalog } from '../../core/catalog.js';
import type { UpstreamConfig } from '../../core/upstream.js';
import type { ToolPins } from '../pinning/tool-pins.service.js';
import { filterCatalog } from './catalog-filter.js';

/** Makes of a catalog as it was read what clients may see: as configured, and without what waits for approval. */
export class CatalogShape {
  #withheld: readonly CatalogTool[] = [];

  constructor(
    private readonly separator: string,
    private readonly pins: ToolPins | null,
  ) {}

  /** Tools that were withheld when a catalog was shaped last. */
  get withheld(): readonly CatalogTool[] {
    return this.#withheld;
  }

  of(catalog: UpstreamCatalog, config: UpstreamConfig): UpstreamCatalog {
    const allowed = filterCatalog(catalog, config, this.separator);
    const { shown, withheld } = this.pins?.withhold(config, allowed) ?? { shown: allowed, withheld: [] };
    this.#withheld = withheld;
    return shown;
  }
}

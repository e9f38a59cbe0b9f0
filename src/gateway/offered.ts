import { changeLists, type Definition, type UpstreamCatalog } from '../core/catalog.js';
import { askables, meetsNeeds, type ClientFeatures } from '../core/client-features.js';

const lists = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const;

export function isOffered({ needs }: Definition, features: ClientFeatures): boolean {
  return needs === undefined || meetsNeeds(features, needs);
}

/** Whether an upstream offers some clients more than others. */
export function isConditional(catalog: UpstreamCatalog | null): boolean {
  return catalog !== null && lists.some((name) => catalog[name].some(({ needs }) => needs !== undefined));
}

/** What a client is offered of a catalog; the catalog itself when that is all. */
export function offeredOf(catalog: UpstreamCatalog, features: ClientFeatures): UpstreamCatalog {
  if (!isConditional(catalog)) return catalog;
  return { ...catalog, ...changeLists(catalog, (list) => list.filter((it) => isOffered(it, features))) };
}

/** The same for clients that are offered the same. */
export function offerKey(features: ClientFeatures): string {
  return askables.map((feature) => (features[feature] ? '1' : '0')).join('');
}

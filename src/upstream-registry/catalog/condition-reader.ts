import { changeLists, type CatalogLists } from '../../core/catalog.js';
import {
  allFeatures,
  askables,
  noFeatures,
  type Askable,
  type ClientFeatures,
} from '../../core/client-features.js';
import { extrasOf, isEmpty, keyOf } from './conditional.js';

/** Reads the lists as a client of these features gets them. Rejects with a TransportFault. */
export type ReadAs = (features: ClientFeatures) => Promise<CatalogLists>;

/**
 * Finds out what an upstream offers only to clients that can be asked: first as one that can be asked everything, then,
 * when that is more, as one that can be asked one thing each. Rejects with a TransportFault.
 *
 * @param onFirst told after the first reading, when it is not known yet what is needed for what: anything may do
 */
export async function readConditions(
  base: CatalogLists,
  readAs: ReadAs,
  onFirst: (extras: CatalogLists) => void,
): Promise<CatalogLists> {
  const extras = extrasOf(base, await readAs(allFeatures));
  if (isEmpty(extras)) return extras;
  onFirst(needing(extras, () => askables));
  const each = await Promise.all(
    askables.map(async (feature) => keysOf(await readAs({ ...noFeatures, [feature]: true }))),
  );
  return needing(extras, (name, key) => askables.filter((_, index) => each[index]?.[name].has(key)));
}

/** Sets, because a list may have thousands of definitions. */
function keysOf(lists: CatalogLists): Readonly<Record<keyof CatalogLists, ReadonlySet<string>>> {
  const { tools, prompts, resources, resourceTemplates } = lists;
  return {
    tools: new Set(tools.map(keyOf)),
    prompts: new Set(prompts.map(keyOf)),
    resources: new Set(resources.map(keyOf)),
    resourceTemplates: new Set(resourceTemplates.map(keyOf)),
  };
}

function needing(
  extras: CatalogLists,
  needsOf: (name: keyof CatalogLists, key: string) => readonly Askable[],
): CatalogLists {
  return changeLists(extras, (list, name) =>
    list.map((definition) => ({ ...definition, needs: needsOf(name, keyOf(definition)) })),
  );
}

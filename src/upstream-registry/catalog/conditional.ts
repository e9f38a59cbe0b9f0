import { changeLists, type CatalogLists, type Definition, type UpstreamCatalog } from '../../core/catalog.js';

/** What tells a definition from the others of its list. */
export function keyOf(definition: Definition): string {
  if ('name' in definition) return definition.name;
  return 'uri' in definition ? definition.uri : definition.uriTemplate;
}

export function isEmpty(lists: CatalogLists): boolean {
  return [lists.tools, lists.prompts, lists.resources, lists.resourceTemplates].every(
    ({ length }) => length === 0,
  );
}

/** What everybody is offered. */
export function unconditional(catalog: UpstreamCatalog): UpstreamCatalog {
  return { ...catalog, ...changeLists(catalog, (list) => list.filter(({ needs }) => needs === undefined)) };
}

/** What only clients that can be asked are offered. */
export function conditionalOf(catalog: UpstreamCatalog): CatalogLists {
  return changeLists(catalog, (list) => list.filter(({ needs }) => needs !== undefined));
}

/** What `read` has and `base` has not. */
export function extrasOf(base: CatalogLists, read: CatalogLists): CatalogLists {
  return changeLists(read, (list, name) => {
    const known = new Set(base[name].map(keyOf));
    return list.filter((definition) => !known.has(keyOf(definition)));
  });
}

/** `more` behind the base; what is in both is not listed twice. The base itself when there is nothing more. */
export function withMore(base: UpstreamCatalog, more: CatalogLists): UpstreamCatalog {
  const extras = extrasOf(base, more);
  if (isEmpty(extras)) return base;
  return {
    ...base,
    tools: [...base.tools, ...extras.tools],
    prompts: [...base.prompts, ...extras.prompts],
    resources: [...base.resources, ...extras.resources],
    resourceTemplates: [...base.resourceTemplates, ...extras.resourceTemplates],
  };
}

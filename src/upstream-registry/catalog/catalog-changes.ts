import type { CatalogLists, UpstreamCatalog } from '../../core/catalog.js';

/** Which lists differ between two readings. */
export interface CatalogChanges {
  readonly tools: boolean;
  readonly prompts: boolean;
  readonly resources: boolean;
}

export function catalogChanges(before: UpstreamCatalog | null, after: UpstreamCatalog): CatalogChanges {
  return {
    tools: differs(before?.tools, after.tools),
    prompts: differs(before?.prompts, after.prompts),
    resources:
      differs(before?.resources, after.resources) ||
      differs(before?.resourceTemplates, after.resourceTemplates),
  };
}

/** Whether anything differs but the moment it was read. */
export function isChanged(before: UpstreamCatalog | null, after: UpstreamCatalog): boolean {
  const { tools, prompts, resources } = catalogChanges(before, after);
  return tools || prompts || resources || !sameFacts(before, after);
}

function sameFacts(before: UpstreamCatalog | null, after: UpstreamCatalog): boolean {
  const facts = ({ capabilities, serverInfo, instructions, rejected }: UpstreamCatalog): string =>
    JSON.stringify([capabilities, serverInfo, instructions, rejected]);
  return before !== null && facts(before) === facts(after);
}

type Definitions = CatalogLists[keyof CatalogLists];

function differs(before: Definitions = [], after: Definitions): boolean {
  if (before.length !== after.length) return true;
  return before.some((it, i) => {
    const other = after[i];
    return it.json !== other?.json || String(it.needs) !== String(other.needs);
  });
}

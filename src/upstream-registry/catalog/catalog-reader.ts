import type { RejectedDefinition, UpstreamCatalog } from '../../core/catalog.js';
import { modernVersion } from '../../core/protocol-version.js';
import type { ServerFacts } from '../connection/server-facts.js';
import { TransportFault } from '../transports/transport-fault.js';
import { definitionLists, modernLists, type DefinitionListName } from './definition-checks.js';
import { readList, type AskPage, type ListLimits, type ReadList } from './list-reader.js';

/** What was read, and what could not be. */
export interface CatalogReading {
  readonly catalog: UpstreamCatalog;
  /** The first list that could not be read; its place in the catalog keeps what was known before. */
  readonly fault: TransportFault | null;
}

const names = Object.keys(definitionLists) as readonly DefinitionListName[];

/** The capability that says whether an upstream has a list. Tools are asked for in any case: many forget to say. */
const capabilityOf = {
  tools: null,
  prompts: 'prompts',
  resources: 'resources',
  resourceTemplates: 'resources',
} as const satisfies Record<DefinitionListName, string | null>;

/** Reads all an upstream offers, every list for itself. Never rejects. */
export async function readCatalog(
  upstream: string,
  facts: ServerFacts,
  known: UpstreamCatalog | null,
  ask: AskPage,
  limits: ListLimits,
): Promise<CatalogReading> {
  const readings = await Promise.all(names.map((name) => tryRead(name, facts, ask, limits)));
  const fault = readings.find((it) => it instanceof TransportFault) ?? null;
  const lists = Object.fromEntries(names.map((name, i) => [name, readings[i]])) as Record<
    DefinitionListName,
    ReadList | TransportFault
  >;
  const catalog: UpstreamCatalog = {
    upstream,
    tools: take(lists.tools, (name, json) => ({ name, json }), known?.tools),
    prompts: take(lists.prompts, (name, json) => ({ name, json }), known?.prompts),
    resources: take(lists.resources, (uri, json) => ({ uri, json }), known?.resources),
    resourceTemplates: take(
      lists.resourceTemplates,
      (uriTemplate, json) => ({ uriTemplate, json }),
      known?.resourceTemplates,
    ),
    rejected: names.flatMap((name) => rejectedOf(name, lists[name], known)),
    capabilities: facts.capabilities,
    serverInfo: facts.serverInfo,
    instructions: facts.instructions,
    readAt: new Date(),
  };
  return { catalog, fault };
}

async function tryRead(
  name: DefinitionListName,
  facts: ServerFacts,
  ask: AskPage,
  limits: ListLimits,
): Promise<ReadList | TransportFault> {
  const capability = capabilityOf[name];
  if (capability !== null && facts.capabilities[capability] === undefined)
    return { definitions: [], rejected: [] };
  try {
    const list = facts.protocolVersion === modernVersion ? modernLists[name] : definitionLists[name];
    return await readList(list, ask, limits);
  } catch (error) {
    return TransportFault.of(error, 'list');
  }
}

function take<T>(
  list: ReadList | TransportFault,
  make: (key: string, json: string) => T,
  known: readonly T[] | undefined,
): readonly T[] {
  if (list instanceof TransportFault) return known ?? [];
  return list.definitions.map(({ key, json }) => make(key, json));
}

function rejectedOf(
  name: DefinitionListName,
  list: ReadList | TransportFault,
  known: UpstreamCatalog | null,
): readonly RejectedDefinition[] {
  if (!(list instanceof TransportFault)) return list.rejected;
  return known?.rejected.filter(({ kind }) => kind === definitionLists[name].kind) ?? [];
}

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
  /** Definitions that came, whatever became of them: what the reading cost. */
  readonly count: number;
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
  const readings = await Promise.all(
    names.map(async (name) => ({ name, list: await tryRead(name, facts, ask, limits) })),
  );
  const lists = Object.fromEntries(
    readings.map(({ name, list }) => [name, believed(name, list, known)]),
  ) as Record<DefinitionListName, ReadList | TransportFault>;
  const fault = Object.values(lists).find((it) => it instanceof TransportFault) ?? null;
  const cut = names.filter((name) => isCut(name, lists[name], known));
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
    ...(cut.length === 0 ? {} : { cut }),
    capabilities: facts.capabilities,
    serverInfo: facts.serverInfo,
    instructions: facts.instructions,
    readAt: new Date(),
  };
  return { catalog, fault, count: readings.reduce((sum, it) => sum + countOf(it.list), 0) };
}

async function tryRead(
  name: DefinitionListName,
  facts: ServerFacts,
  ask: AskPage,
  limits: ListLimits,
): Promise<ReadList | TransportFault> {
  const capability = capabilityOf[name];
  if (capability !== null && facts.capabilities[capability] === undefined)
    return { definitions: [], rejected: [], cutBecause: null };
  try {
    const list = facts.protocolVersion === modernVersion ? modernLists[name] : definitionLists[name];
    return await readList(list, ask, limits);
  } catch (error) {
    return TransportFault.of(error, 'list');
  }
}

/** A list that was whole before and does not end now is not worth what is known. */
function believed(
  name: DefinitionListName,
  list: ReadList | TransportFault,
  known: UpstreamCatalog | null,
): ReadList | TransportFault {
  if (list instanceof TransportFault || list.cutBecause === null) return list;
  if (known === null || known[name].length === 0 || known.cut?.includes(name) === true) return list;
  const message = `${list.cutBecause}; what was known before stays.`;
  return new TransportFault('UPSTREAM_RESPONSE_TOO_LARGE', 'list', message);
}

function isCut(
  name: DefinitionListName,
  list: ReadList | TransportFault,
  known: UpstreamCatalog | null,
): boolean {
  return list instanceof TransportFault ? known?.cut?.includes(name) === true : list.cutBecause !== null;
}

function countOf(list: ReadList | TransportFault): number {
  return list instanceof TransportFault ? 0 : list.definitions.length + list.rejected.length;
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

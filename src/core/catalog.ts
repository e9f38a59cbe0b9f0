import type { Askable } from './client-features.js';

interface CatalogDefinition {
  /** The definition as the upstream sent it, JSON text of one object. Of tools and prompts only `name` is replaced. */
  readonly json: string;
  /**
   * The upstream offers it only to clients that can be asked one of these, or all of them when none is named; left out:
   * to everybody.
   */
  readonly needs?: readonly Askable[];
}

/** A tool definition of an upstream, accepted into the catalog. */
export interface CatalogTool extends CatalogDefinition {
  /** The upstream's own name. */
  readonly name: string;
}

export interface CatalogPrompt extends CatalogDefinition {
  readonly name: string;
}

export interface CatalogResource extends CatalogDefinition {
  readonly uri: string;
}

export interface CatalogResourceTemplate extends CatalogDefinition {
  readonly uriTemplate: string;
}

/** What an upstream offers, list by list. */
export interface CatalogLists {
  readonly tools: readonly CatalogTool[];
  readonly prompts: readonly CatalogPrompt[];
  readonly resources: readonly CatalogResource[];
  readonly resourceTemplates: readonly CatalogResourceTemplate[];
}

export type Definition = CatalogLists[keyof CatalogLists][number];

type ListChange = <T extends Definition>(list: readonly T[], name: keyof CatalogLists) => readonly T[];

/** Every list changed alike. */
export function changeLists(lists: CatalogLists, change: ListChange): CatalogLists {
  return {
    tools: change(lists.tools, 'tools'),
    prompts: change(lists.prompts, 'prompts'),
    resources: change(lists.resources, 'resources'),
    resourceTemplates: change(lists.resourceTemplates, 'resourceTemplates'),
  };
}

/** A definition that was left out, and why; administrators see it. */
export interface RejectedDefinition {
  readonly kind: 'tool' | 'prompt' | 'resource' | 'resource_template';
  readonly name: string;
  readonly reason: string;
}

/** What an upstream offers, as last read whole. Immutable: a new reading is a new object. */
export interface UpstreamCatalog extends CatalogLists {
  readonly upstream: string;
  readonly rejected: readonly RejectedDefinition[];
  /** Lists that did not end: only their beginning was read. Left out: none. */
  readonly cut?: readonly (keyof CatalogLists)[];
  /** The upstream's `capabilities` object from initialize or server/discover. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly serverInfo: Readonly<Record<string, unknown>>;
  readonly instructions: string | null;
  readonly readAt: Date;
  /** When it was last found out what more is offered to clients that can be asked; left out: never. */
  readonly conditionsReadAt?: Date;
}

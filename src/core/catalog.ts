/** A tool definition of an upstream, accepted into the catalog. */
export interface CatalogTool {
  /** The upstream's own name. */
  readonly name: string;
  /** The definition as the upstream sent it, JSON text of one object. Passed on with only `name` replaced. */
  readonly json: string;
}

export interface CatalogPrompt {
  readonly name: string;
  readonly json: string;
}

export interface CatalogResource {
  readonly uri: string;
  readonly json: string;
}

export interface CatalogResourceTemplate {
  readonly uriTemplate: string;
  readonly json: string;
}

/** A definition that was left out, and why; administrators see it. */
export interface RejectedDefinition {
  readonly kind: 'tool' | 'prompt' | 'resource' | 'resource_template';
  readonly name: string;
  readonly reason: string;
}

/** What an upstream offers, as last read whole. Immutable: a new reading is a new object. */
export interface UpstreamCatalog {
  readonly upstream: string;
  readonly tools: readonly CatalogTool[];
  readonly prompts: readonly CatalogPrompt[];
  readonly resources: readonly CatalogResource[];
  readonly resourceTemplates: readonly CatalogResourceTemplate[];
  readonly rejected: readonly RejectedDefinition[];
  /** The upstream's `capabilities` object from initialize or server/discover. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly serverInfo: Readonly<Record<string, unknown>>;
  readonly instructions: string | null;
  readonly readAt: Date;
}

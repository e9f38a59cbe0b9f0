import type { CatalogPrompt, CatalogTool, UpstreamCatalog } from '../core/catalog.js';
import type { Askable } from '../core/client-features.js';
import { GatewayError } from '../core/errors.js';
import { unmetNeeds } from '../core/missing-feature.js';
import type { Upstream } from '../upstream-registry/upstream.js';
import { publicDefinition } from './public-definition.js';

/** Where a public tool name leads. */
export interface ToolRoute {
  readonly publicName: string;
  readonly upstream: Upstream;
  readonly tool: CatalogTool;
  /** The upstream's own name as JSON text. */
  readonly nameJson: string;
  /** US dollars a call. */
  readonly cost: number;
  readonly isRepeatable: boolean;
}

export interface PromptRoute {
  readonly publicName: string;
  readonly upstream: Upstream;
  readonly prompt: CatalogPrompt;
  readonly nameJson: string;
}

/** An upstream the principal may use as a whole: its resources, prompts and completion. */
export interface VisibleUpstream {
  readonly upstream: Upstream;
  readonly catalog: UpstreamCatalog;
}

/** Lists of MCP, by the member that holds them in their results. */
export type ListKind = 'tools' | 'prompts' | 'resources' | 'resourceTemplates';

/**
 * All a policy may use within a scope, compiled: names to routes, and each list's answer as bytes. Immutable, shared by
 * every principal whose policy decides alike.
 */
export class PrincipalView {
  readonly #tools: ReadonlyMap<string, ToolRoute>;
  readonly #bareTools: ReadonlyMap<string, readonly ToolRoute[]>;
  readonly #prompts: ReadonlyMap<string, PromptRoute>;
  readonly #definitions: Partial<Record<ListKind, readonly string[]>> = {};
  readonly #lists: Partial<Record<ListKind, Buffer>> = {};

  constructor(
    readonly revision: number,
    readonly tools: readonly ToolRoute[],
    readonly prompts: readonly PromptRoute[],
    readonly wholeUpstreams: readonly VisibleUpstream[],
    /** Tools that only other clients of the same policy are offered, and what those can be asked. */
    private readonly unmet: ReadonlyMap<string, readonly Askable[]> = new Map(),
  ) {
    this.#tools = new Map(tools.map((route) => [route.publicName, route]));
    this.#prompts = new Map(prompts.map((route) => [route.publicName, route]));
    this.#bareTools = groupBy(tools, (route) => route.tool.name);
  }

  /**
   * Throws UNKNOWN_TOOL, also for a tool that exists but is not allowed, AMBIGUOUS_TOOL_NAME when several visible
   * upstreams have a tool of this bare name, and MISSING_CLIENT_CAPABILITY for one that is not for this client.
   */
  tool(name: string): ToolRoute {
    const exact = this.#tools.get(name);
    if (exact !== undefined) return exact;
    const candidates = this.#bareTools.get(name);
    const [only] = candidates ?? [];
    if (candidates === undefined || only === undefined) {
      const needs = this.unmet.get(name);
      throw needs === undefined ? new GatewayError('UNKNOWN_TOOL', { tool: name }) : unmetNeeds(name, needs);
    }
    if (candidates.length > 1) {
      const names = candidates.map((route) => route.publicName);
      throw new GatewayError('AMBIGUOUS_TOOL_NAME', {
        param: 'name',
        message: `Several servers have a tool ${name}. Use one of: ${names.join(', ')}`,
        data: { candidates: names },
      });
    }
    return only;
  }

  hasTool(name: string): boolean {
    return this.#tools.has(name) || this.#bareTools.has(name);
  }

  /** Throws INVALID_PARAMS for a prompt that is unknown or not allowed. */
  prompt(name: string): PromptRoute {
    const route = this.#prompts.get(name) ?? this.#barePrompt(name);
    if (route === undefined) throw new GatewayError('INVALID_PARAMS', { message: `Unknown prompt: ${name}` });
    return route;
  }

  /** The first upstream in name order that lists `uri`, else the first whose template could match it. */
  resourceOwner(uri: string): Upstream | undefined {
    const listed = this.wholeUpstreams.find(({ catalog }) => catalog.resources.some((it) => it.uri === uri));
    const owner =
      listed ??
      this.wholeUpstreams.find(({ catalog }) =>
        catalog.resourceTemplates.some((template) => couldMatch(template.uriTemplate, uri)),
      );
    return owner?.upstream;
  }

  templateOwner(uriTemplate: string): Upstream | undefined {
    return this.wholeUpstreams.find(({ catalog }) =>
      catalog.resourceTemplates.some((template) => template.uriTemplate === uriTemplate),
    )?.upstream;
  }

  /** Definitions of one kind under their public names, JSON texts in list order. */
  definitions(kind: ListKind): readonly string[] {
    return (this.#definitions[kind] ??= this.#define(kind));
  }

  /** The whole list as the bytes of a result, e.g. `{"tools":[...]}`. */
  list(kind: ListKind): Buffer {
    return (this.#lists[kind] ??= Buffer.from(`{"${kind}":[${this.definitions(kind).join(',')}]}`));
  }

  #define(kind: ListKind): readonly string[] {
    switch (kind) {
      case 'tools':
        return this.tools.map((route) => publicDefinition(route.tool, route.publicName));
      case 'prompts':
        return this.prompts.map((route) => publicDefinition(route.prompt, route.publicName));
      case 'resources':
        return firstOfEach(
          this.wholeUpstreams.flatMap(({ catalog }) => catalog.resources),
          (resource) => resource.uri,
        );
      case 'resourceTemplates':
        return firstOfEach(
          this.wholeUpstreams.flatMap(({ catalog }) => catalog.resourceTemplates),
          (template) => template.uriTemplate,
        );
    }
  }

  #barePrompt(name: string): PromptRoute | undefined {
    const candidates = this.prompts.filter((route) => route.prompt.name === name);
    if (candidates.length < 2) return candidates[0];
    throw new GatewayError('INVALID_PARAMS', {
      message: `Several servers have a prompt ${name}. Use one of: ${candidates.map((it) => it.publicName).join(', ')}`,
    });
  }
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** JSON texts of the first definition of each key: when two upstreams share a URI, the first in name order answers. */
function firstOfEach<T extends { readonly json: string }>(
  items: readonly T[],
  keyOf: (item: T) => string,
): string[] {
  const firsts = new Map<string, string>();
  for (const item of items) if (!firsts.has(keyOf(item))) firsts.set(keyOf(item), item.json);
  return [...firsts.values()];
}

/**
 * Whether a URI can come from an RFC 6570 template: its literal parts stand in the URI in order, the first at its
 * start and the last at its end. Linear, and generous on purpose: the upstream has the last word.
 */
function couldMatch(uriTemplate: string, uri: string): boolean {
  const literals = uriTemplate.split(/\{[^{}]*\}/);
  const first = literals[0] ?? '';
  const last = literals.length > 1 ? (literals.at(-1) ?? '') : '';
  if (!uri.startsWith(first) || !uri.endsWith(last)) return false;
  let at = first.length;
  for (const literal of literals.slice(1, -1)) {
    const found = uri.indexOf(literal, at);
    if (found < 0) return false;
    at = found + literal.length;
  }
  return literals.length > 1 ? at <= uri.length - last.length : uri === first;
}

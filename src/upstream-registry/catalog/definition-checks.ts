import type { RejectedDefinition } from '../../core/catalog.js';
import { ParamHeaderError, paramHeadersOf } from '../../core/param-headers.js';
import { checkToolDefinition, type DefinitionLimits } from '../../core/tool-definition.js';

/** The lists of MCP a catalog is read from. */
export interface DefinitionList {
  readonly kind: RejectedDefinition['kind'];
  readonly method: string;
  /** Member of the result that holds the definitions. */
  readonly member: string;
  /** Member of a definition that tells it from the others. */
  readonly key: string;
  /** Why a definition stays out of the catalog; null when it may go in. */
  readonly check: (definition: unknown, limits: DefinitionLimits) => string | null;
}

const maxNameChars = 256;
const maxUriChars = 8_192;

export const definitionLists = {
  tools: { kind: 'tool', method: 'tools/list', member: 'tools', key: 'name', check: checkToolDefinition },
  prompts: { kind: 'prompt', method: 'prompts/list', member: 'prompts', key: 'name', check: checkPrompt },
  resources: {
    kind: 'resource',
    method: 'resources/list',
    member: 'resources',
    key: 'uri',
    check: (definition) => checkResource(definition, 'uri'),
  },
  resourceTemplates: {
    kind: 'resource_template',
    method: 'resources/templates/list',
    member: 'resourceTemplates',
    key: 'uriTemplate',
    check: (definition) => checkResource(definition, 'uriTemplate'),
  },
} as const satisfies Record<string, DefinitionList>;

/** In revision 2026-07-28 a tool may also be wrong about its headers. */
export const modernLists: Readonly<Record<keyof typeof definitionLists, DefinitionList>> = {
  ...definitionLists,
  tools: {
    ...definitionLists.tools,
    check: (definition, limits) => checkToolDefinition(definition, limits) ?? checkParamHeaders(definition),
  },
};

export type DefinitionListName = keyof typeof definitionLists;

/** What official clients refuse a whole list for (MCP 2025-11-25, `Prompt`). */
function checkPrompt(definition: unknown): string | null {
  if (!isObject(definition)) return 'The definition is not an object.';
  const { name, arguments: parameters } = definition;
  if (!isLine(name, maxNameChars)) return 'The name is not a text of 1 to 256 characters.';
  const isRight =
    parameters === undefined ||
    (Array.isArray(parameters) && parameters.every((it) => isObject(it) && typeof it.name === 'string'));
  if (!isRight) return '"arguments" is not a list of named arguments.';
  return checkTexts(definition);
}

/** MCP 2025-11-25, `Resource` and `ResourceTemplate`. */
function checkResource(definition: unknown, key: 'uri' | 'uriTemplate'): string | null {
  if (!isObject(definition)) return 'The definition is not an object.';
  if (!isLine(definition[key], maxUriChars)) return `"${key}" is not an address.`;
  if (typeof definition.name !== 'string') return 'The name is missing.';
  return checkTexts(definition);
}

/** Clients over HTTP must leave such a tool out (MCP 2026-07-28, transports/streamable-http, `x-mcp-header`). */
function checkParamHeaders(definition: unknown): string | null {
  try {
    if (isObject(definition)) paramHeadersOf(definition.inputSchema);
    return null;
  } catch (error) {
    if (error instanceof ParamHeaderError) return error.message;
    throw error;
  }
}

function checkTexts(definition: Readonly<Record<string, unknown>>): string | null {
  const wrong = ['title', 'description', 'mimeType'].find((member) => {
    const value = definition[member];
    return value !== undefined && typeof value !== 'string';
  });
  return wrong === undefined ? null : `"${wrong}" is not a text.`;
}

function isLine(value: unknown, maxChars: number): value is string {
  // eslint's no-control-regex is right in general; here the control characters are the point.
  return typeof value === 'string' && value.length > 0 && value.length <= maxChars && !/\p{Cc}/u.test(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { CatalogTool } from './catalog.js';
import { decodeHeaderValue, encodeHeaderValue } from './header-value.js';

/** One argument of a tool that travels as a header too, so that what stands between can act on it. */
export interface ParamHeader {
  /** Lower case, e.g. `mcp-param-region`. */
  readonly header: string;
  /** Names of properties from the arguments down to the value. */
  readonly path: readonly string[];
}

const annotation = 'x-mcp-header';
const prefix = 'mcp-param-';
/** RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const mirroredTypes: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);
/** A schema with more of them would make requests that no server takes. */
const maxHeaders = 32;

/** Keywords whose schemas do not stand at a fixed place of the arguments (JSON Schema 2020-12). */
const one = [
  'items',
  'contains',
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
];
const many = [
  'prefixItems',
  'oneOf',
  'anyOf',
  'allOf',
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
];

/** The definition breaks a rule of `x-mcp-header`; a client over HTTP has to leave the tool out. */
export class ParamHeaderError extends Error {
  override readonly name = 'ParamHeaderError';
}

type Schema = Readonly<Record<string, unknown>>;

/**
 * The headers that a tool's schema asks for (MCP 2026-07-28, transports/streamable-http, "Custom Headers from Tool
 * Parameters"). Throws ParamHeaderError. The schema's depth must have been checked.
 */
export function paramHeadersOf(inputSchema: unknown): readonly ParamHeader[] {
  const found = new Map<string, ParamHeader>();
  collect(inputSchema, [], found);
  return [...found.values()];
}

const known = new WeakMap<CatalogTool, readonly ParamHeader[]>();

/** The same for a tool of the catalog, read once; none for a tool that breaks the rules. */
export function toolParamHeaders(tool: CatalogTool): readonly ParamHeader[] {
  let headers = known.get(tool);
  if (headers === undefined) {
    headers = tool.json.includes(annotation) ? headersIn(tool.json) : [];
    known.set(tool, headers);
  }
  return headers;
}

function headersIn(json: string): readonly ParamHeader[] {
  try {
    return paramHeadersOf((JSON.parse(json) as { readonly inputSchema?: unknown }).inputSchema);
  } catch (error) {
    if (error instanceof ParamHeaderError) return [];
    throw error;
  }
}

function collect(value: unknown, path: readonly string[] | null, found: Map<string, ParamHeader>): void {
  if (!isObject(value)) return;
  if (Object.hasOwn(value, annotation)) add(value, path, found);
  const { properties } = value;
  if (isObject(properties)) {
    for (const [name, schema] of Object.entries(properties)) collect(schema, path && [...path, name], found);
  }
  for (const keyword of one) collect(value[keyword], null, found);
  for (const keyword of many) {
    const schemas = value[keyword];
    if (isObject(schemas) || Array.isArray(schemas))
      for (const schema of Object.values(schemas)) collect(schema, null, found);
  }
}

function add(schema: Schema, path: readonly string[] | null, found: Map<string, ParamHeader>): void {
  const name = schema[annotation];
  if (path === null || path.length === 0) {
    throw new ParamHeaderError(`"${annotation}" stands where no single argument is.`);
  }
  if (typeof name !== 'string' || !token.test(name))
    throw new ParamHeaderError(`"${annotation}" is not a header name.`);
  if (!mirroredTypes.has(schema['type'])) {
    throw new ParamHeaderError(
      `"${annotation}" stands at an argument that is no string, integer or boolean.`,
    );
  }
  const header = prefix + name.toLowerCase();
  if (found.has(header)) throw new ParamHeaderError(`"${annotation}" names the same header twice.`);
  if (found.size >= maxHeaders)
    throw new ParamHeaderError(`"${annotation}" stands at more than ${maxHeaders} arguments.`);
  found.set(header, { header, path });
}

/** The value of an argument as its header has it, before encoding; null: there is no header. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : null;
}

function valueAt(args: unknown, path: readonly string[]): unknown {
  let value = args;
  for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}

/** Header names and values in turn, for a call with these arguments. */
export function mirroredArguments(headers: readonly ParamHeader[], args: unknown): string[] {
  return headers.flatMap((header) => {
    const text = textOf(valueAt(args, header.path));
    return text === null ? [] : [header.header, encodeHeaderValue(text)];
  });
}

/** Whether a header says what its argument says; numbers are compared as such. `header` undefined: it is not there. */
export function isMirrored(header: string | undefined, args: unknown, { path }: ParamHeader): boolean {
  const value = valueAt(args, path);
  const text = textOf(value);
  if (header === undefined || text === null) return header === undefined && text === null;
  const said = decodeHeaderValue(header);
  if (typeof value !== 'number') return said === text;
  return said !== null && plainNumber.test(said) && Number(said) === value;
}

const plainNumber = /^-?[0-9]+(?:\.[0-9]+)?$/;

export const isParamHeader = (name: string): boolean => name.startsWith(prefix);

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

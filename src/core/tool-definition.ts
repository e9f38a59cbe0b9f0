import { isValidToolName } from './tool-name.js';

export interface DefinitionLimits {
  /** Objects and arrays within each other, the schema itself counting as the first. */
  readonly schemaDepth: number;
}

/**
 * Why a tool definition of an upstream stays out of the catalog; null when it may go in. Judged is what makes official
 * clients refuse the whole list that a definition stands in (MCP 2025-11-25, `Tool`), so that one bad definition costs
 * nothing but itself. For values that came from JSON, however deep or large; never throws.
 */
export function checkToolDefinition(definition: unknown, limits: DefinitionLimits): string | null {
  if (!isObject(definition)) return 'The definition is not an object.';
  if (!isValidToolName(definition.name))
    return 'The name is not 1 to 128 of the characters A-Z a-z 0-9 _ . -';
  const wrong = Object.entries(memberChecks).find(([name, isRight]) => !isRight(definition[name]));
  if (wrong !== undefined) return `"${wrong[0]}" is not what MCP asks for.`;
  return (
    checkSchema('inputSchema', definition.inputSchema) ??
    (definition.outputSchema === undefined ? null : checkSchema('outputSchema', definition.outputSchema)) ??
    checkDepth(definition, limits.schemaDepth)
  );
}

type JsonObject = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isString: Check = (value) => typeof value === 'string';
const isBoolean: Check = (value) => typeof value === 'boolean';
const isContainer: Check = (value) => typeof value === 'object' && value !== null;
const oneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const objectWith =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(checks).every(([name, check]) => check(value[name]));

const memberChecks: Readonly<Record<string, Check>> = {
  title: optional(isString),
  description: optional(isString),
  annotations: optional(
    objectWith({
      title: optional(isString),
      readOnlyHint: optional(isBoolean),
      destructiveHint: optional(isBoolean),
      idempotentHint: optional(isBoolean),
      openWorldHint: optional(isBoolean),
    }),
  ),
  icons: optional(
    listOf(
      objectWith({
        src: isString,
        mimeType: optional(isString),
        sizes: optional(listOf(isString)),
        theme: optional(oneOf('light', 'dark')),
      }),
    ),
  ),
  execution: optional(objectWith({ taskSupport: optional(oneOf('required', 'optional', 'forbidden')) })),
  _meta: optional(isObject),
};

function checkSchema(member: string, schema: unknown): string | null {
  if (!isObject(schema)) return `"${member}" is not an object.`;
  if (schema.type !== 'object') return `"${member}" has not the type "object".`;
  const { properties, required } = schema;
  if (properties !== undefined && !(isObject(properties) && Object.values(properties).every(isContainer))) {
    return `"properties" of "${member}" is not an object of schemas.`;
  }
  return optional(listOf(isString))(required) ? null : `"required" of "${member}" is not a list of names.`;
}

function checkDepth(definition: JsonObject, limit: number): string | null {
  const tooDeep = Object.entries(definition).find(([, value]) => isDeeperThan(limit, value));
  return tooDeep === undefined ? null : `"${tooDeep[0]}" is nested deeper than ${limit}.`;
}

/** Level by level, so that no depth can exhaust the stack. */
function isDeeperThan(limit: number, value: unknown): boolean {
  let level = [value].filter(isContainer);
  for (let depth = 0; depth < limit && level.length > 0; depth++) {
    level = level.flatMap((container) =>
      Object.values(container as Record<string, unknown>).filter(isContainer),
    );
  }
  return level.length > 0;
}

import { z } from 'zod';

import { Secret } from '../../core/secret.js';

/** Node's timers overflow beyond this and fire at once. */
export const maxTimerMs = 2 ** 31 - 1;

/** A key that may be left out or left empty (`key:`). */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/** A part of the file; left out, all of its settings are. */
export function section<Schema extends z.ZodObject>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? schema.parse({}));
}

/** Text; empty text counts as left out, so that `${NAME:-}` turns a setting off. */
export const text = (description: string) =>
  optional(z.string().describe(description)).transform((value) => (value === '' ? undefined : value));

export const secret = (description: string) =>
  text(description).transform((value) => (value === undefined ? undefined : new Secret(value)));

export const texts = (description: string) => optional(z.array(z.string()).describe(description));

/** A list of text, or one text that stands for a list of one. */
export const textOrTexts = (description: string) =>
  optional(
    z
      .preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(z.string()))
      .describe(description),
  );

export const freeForm = (description: string) =>
  optional(z.record(z.string(), z.unknown()).describe(description));

export const textMap = (description: string) =>
  optional(z.record(z.string(), z.string().nullable()).describe(description));

export const choice = <const Values extends readonly [string, ...string[]]>(
  values: Values,
  description: string,
) => optional(z.enum(values).describe(description));

interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
}

/** Variables are text, so `"60"` is a number too; as in LiteLLM. */
function toNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value.trim())
    ? Number(value)
    : value;
}

const bounded = (schema: z.ZodNumber, { min = 0, max = Number.MAX_SAFE_INTEGER }: NumberBounds) =>
  schema.min(min).max(max);

export const integer = (description: string, bounds: NumberBounds = {}) =>
  optional(z.preprocess(emptyToNull(toNumber), bounded(z.int(), bounds).nullish()).describe(description));

export const number = (description: string, bounds: NumberBounds = {}) =>
  optional(z.preprocess(emptyToNull(toNumber), bounded(z.number(), bounds).nullish()).describe(description));

const spokenBooleans: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};

/** YAML 1.1's words and variables' text are read as in LiteLLM. */
function toBoolean(value: unknown): unknown {
  return typeof value === 'string' ? (spokenBooleans[value.trim().toLowerCase()] ?? value) : value;
}

export const flag = (description: string) =>
  optional(z.preprocess(emptyToNull(toBoolean), z.boolean().nullish()).describe(description));

function emptyToNull(parse: (value: unknown) => unknown): (value: unknown) => unknown {
  return (value) => (value === '' ? null : parse(value));
}

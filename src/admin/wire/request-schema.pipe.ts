import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import { isUnsupportedLiteLlmField } from './litellm-fields.js';
import { assertPlainJson } from './plain-json.js';

interface Issue {
  readonly message: string;
  readonly path?: readonly unknown[];
  readonly code?: string;
  readonly keys?: readonly string[];
}

/**
 * Validates bodies and queries against the schema their parameter names (`@Body({ schema })`).
 * Throws INVALID_REQUEST, or UNPROCESSABLE when something required is missing; `param` names the field.
 */
@Injectable()
export class RequestSchemaPipe implements PipeTransform {
  async transform(value: unknown, { type, schema }: ArgumentMetadata): Promise<unknown> {
    if (schema === undefined) return value;
    const input = type === 'body' ? (value ?? {}) : value;
    if (type === 'body') assertPlainJson(input);
    const result = await schema['~standard'].validate(input);
    if (result.issues === undefined) return result.value;
    throw toError(result.issues[0] as Issue, input);
  }
}

function toError(issue: Issue, input: unknown): GatewayError {
  const path = (issue.path ?? []).map(String);
  const [unknownKey] = issue.keys ?? [];
  if (issue.code === 'unrecognized_keys' && unknownKey !== undefined) {
    return unknownField([...path, unknownKey].join('.'), unknownKey);
  }
  const param = path.join('.');
  if (issue.code === 'invalid_type' && valueAt(input, path) === undefined) {
    return new GatewayError('UNPROCESSABLE', { param, message: `${param} is missing.` });
  }
  const message = param === '' ? `The request is invalid: ${issue.message}` : `${param} ${issue.message}`;
  return new GatewayError(isMissing(issue) ? 'UNPROCESSABLE' : 'INVALID_REQUEST', {
    message: `${message}.`,
    ...(param === '' ? {} : { param }),
  });
}

/** A check across fields (`custom`) without a path of its own speaks of something that is not there. */
const isMissing = (issue: Issue): boolean => issue.code === 'custom' && (issue.path ?? []).length === 0;

function unknownField(param: string, name: string): GatewayError {
  const shown = param.length > 200 ? `${param.slice(0, 200)}...` : param;
  const message = isUnsupportedLiteLlmField(name)
    ? `${shown} is a field of LiteLLM that this gateway does not act on. Leave it out.`
    : `Unknown field: ${shown}`;
  return new GatewayError('INVALID_REQUEST', { param: shown, message });
}

function valueAt(input: unknown, path: readonly string[]): unknown {
  let value = input;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string, unknown>)[segment];
  }
  return value;
}

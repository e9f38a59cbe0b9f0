import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import { isUnsupportedLiteLlmField } from './litellm-fields.js';
import { assertPlainJson } from './plain-json.js';

interface Issue {
  readonly message: string;
  readonly path?: readonly unknown[];
  readonly code?: string;
  readonly keys?: readonly string[];
  /** Of a value that fits none of several forms: what is wrong with it as each of them. */
  readonly errors?: readonly (readonly Issue[])[];
  readonly params?: { readonly isMissing?: boolean };
}

/** For a check across fields that fails because something that is needed is not there. */
export const missing = (message: string) => ({ message, params: { isMissing: true } });

/**
 * Validates bodies and queries against the schema their parameter names (`@Body({ schema })`).
 * Throws INVALID_REQUEST, or UNPROCESSABLE when something required is missing; `param` names the field.
 */
@Injectable()
export class RequestSchemaPipe implements PipeTransform {
  async transform(value: unknown, { type, schema, data }: ArgumentMetadata): Promise<unknown> {
    if (type === 'param') assertPlainJson(value, data);
    if (schema === undefined) return value;
    const input = type === 'body' && value === undefined ? {} : value;
    assertPlainJson(input);
    const result = await schema['~standard'].validate(input);
    if (result.issues === undefined) return result.value;
    throw toError(innermost(worst(result.issues as readonly Issue[])), input);
  }
}

/** A field that nobody knows says most: what is missing may be what it was meant for. */
function worst(issues: readonly Issue[]): Issue {
  return issues.find(({ code }) => code === 'unrecognized_keys') ?? (issues[0] as Issue);
}

/** Of several forms a value could have had, the one that it nearly has: that does not fail on the whole value. */
function innermost(issue: Issue): Issue {
  const form = issue.errors?.find(([first]) => first !== undefined && !isWholeOfWrongType(first));
  const [inner] = form ?? [];
  return inner === undefined
    ? issue
    : innermost({ ...inner, path: [...(issue.path ?? []), ...(inner.path ?? [])] });
}

const isWholeOfWrongType = ({ code, path = [] }: Issue): boolean =>
  code === 'invalid_type' && path.length === 0;

function toError(issue: Issue, input: unknown): GatewayError {
  const path = (issue.path ?? []).map(String);
  const [unknownKey] = issue.keys ?? [];
  if (issue.code === 'unrecognized_keys' && unknownKey !== undefined) {
    return unknownField([...path, unknownKey].join('.'), unknownKey);
  }
  const param = path.join('.');
  if (issue.code !== 'custom' && path.length > 0 && valueAt(input, path) === undefined) {
    return new GatewayError('UNPROCESSABLE', { param, message: `${param} is missing.` });
  }
  const message = param === '' ? `The request is invalid: ${issue.message}` : `${param} ${problemOf(issue)}`;
  return new GatewayError(issue.params?.isMissing === true ? 'UNPROCESSABLE' : 'INVALID_REQUEST', {
    message: `${message}.`,
    ...(param === '' ? {} : { param }),
  });
}

/** Our own messages go on from the name of the field; the library's are sentences of their own. */
function problemOf({ message }: Issue): string {
  const [, kind, rest] = /^([A-Z].*?)(?:: (.*))?$/s.exec(message) ?? [];
  if (kind === undefined) return message;
  return `is invalid: ${rest ?? kind.replace(/^I/, 'i')}`;
}

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

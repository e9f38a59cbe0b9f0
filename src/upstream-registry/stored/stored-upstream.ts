import { isHeaderValue } from '../../config/upstreams/headers.js';
import { Secret } from '../../core/secret.js';
import type { UpstreamAuth, UpstreamConfig, UpstreamEndpoint, UpstreamReach } from '../../core/upstream.js';
import { literalProblem } from '../address/reach.js';
import type { StoredSecrets, StoredServerFields } from './stored-server.js';
import { resolveStored, StoredVariableError, type StoredVariables } from './stored-variables.js';

export interface StoredUpstreamSetting {
  readonly reach: UpstreamReach;
  readonly variables: StoredVariables;
  /** For servers that say nothing of it. */
  readonly maxConcurrentRequests: number;
}

/** Why a server cannot be used as it is stored. */
export interface StoredProblem {
  /** The field to blame, as the wire calls it. */
  readonly param: string;
  /** One sentence, without a secret. */
  readonly message: string;
}

type Resolved<T> = { readonly value: T } | { readonly problem: StoredProblem };

const defaultTimeoutMs = 60_000;

/** A stored server as an upstream, its variables resolved; or what is wrong with it. */
export function storedUpstream(
  id: string,
  fields: StoredServerFields,
  setting: StoredUpstreamSetting,
): Resolved<UpstreamConfig> {
  const { secrets } = fields;
  if (secrets === null) {
    const message =
      'The address and credentials of this server were sealed with a key that this gateway does not have. ' +
      'Give it that TOOLGATE_SALT_KEY, or send url and credentials again.';
    return { problem: { param: 'credentials', message } };
  }
  try {
    const value = {
      name: fields.name,
      id,
      source: 'database',
      endpoint: endpointOf(fields, secrets, setting),
      description: fields.description,
      accessGroups: fields.accessGroups,
      allowedTools: fields.allowedTools,
      disallowedTools: fields.disallowedTools,
      extraHeaders: fields.extraHeaders,
      timeoutMs: fields.timeoutMs ?? defaultTimeoutMs,
      idleTimeoutMs: fields.idleTimeoutMs,
      connectTimeoutMs: fields.connectTimeoutMs,
      maxConcurrentRequests: fields.maxConcurrentRequests ?? setting.maxConcurrentRequests,
      session: fields.session,
      pin: fields.pin,
      info: fields.info,
    } as const;
    return { value };
  } catch (error) {
    if (error instanceof FieldError) return { problem: { param: error.param, message: error.message } };
    throw error;
  }
}

class FieldError extends Error {
  constructor(
    readonly param: string,
    problem: string,
  ) {
    super(`${param} ${problem}.`);
  }
}

function endpointOf(
  { transport, authType }: StoredServerFields,
  { url, authValue, staticHeaders }: StoredSecrets,
  { reach, variables }: StoredUpstreamSetting,
): UpstreamEndpoint {
  const resolve = (param: string, secret: Secret): string => {
    try {
      return resolveStored(secret.reveal(), variables);
    } catch (error) {
      if (error instanceof StoredVariableError) throw new FieldError(param, error.message);
      throw error;
    }
  };
  const resolveHeader = (param: string, secret: Secret): Secret => {
    const value = resolve(param, secret);
    if (!isHeaderValue(value))
      throw new FieldError(param, 'holds a line break or another character that headers cannot have');
    return new Secret(value);
  };
  const headers = Object.entries(staticHeaders).map(
    ([name, value]) => [name, resolveHeader(`static_headers.${name}`, value)] as const,
  );
  const credential = authValue === null ? null : resolveHeader('credentials.auth_value', authValue);
  return {
    kind: 'remote',
    url: readUrl(resolve('url', url), reach),
    transport,
    auth: authOf(authType, credential),
    staticHeaders: Object.fromEntries(headers),
    reach,
  };
}

function readUrl(text: string, reach: UpstreamReach): URL {
  if (!URL.canParse(text)) throw new FieldError('url', 'is not a URL; it must look like https://host/path');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new FieldError('url', 'must begin with http:// or https://');
  if (url.username !== '' || url.password !== '')
    throw new FieldError('url', 'must not hold user:password@; use auth_type basic with credentials');
  const problem = literalProblem(url.hostname, reach);
  if (problem !== null) throw new FieldError('url', `leads to a host that ${problem}`);
  return url;
}

function authOf(type: StoredServerFields['authType'], value: Secret | null): UpstreamAuth {
  if (type === 'none') return { type };
  if (value === null || value.reveal() === '')
    throw new FieldError('credentials.auth_value', `is missing: auth_type ${type} needs it`);
  // LiteLLM's `token` is GitHub's old form, `Authorization: token VALUE`.
  return type === 'token'
    ? { type: 'authorization', value: new Secret(`token ${value.reveal()}`) }
    : { type, value };
}

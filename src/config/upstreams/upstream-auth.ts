import { nearestName } from '../../core/nearest-name.js';
import { Secret } from '../../core/secret.js';
import type { UpstreamAuth } from '../../core/upstream.js';
import type { Findings } from '../problem-list.js';
import type { ServerSettings } from '../schema/server.schema.js';
import type { ConfigPath } from '../source/config-node.js';
import { isHeaderValue } from './headers.js';

const authTypes = ['none', 'bearer_token', 'api_key', 'basic', 'authorization', 'token'] as const;
type AuthType = (typeof authTypes)[number];

const unsupportedAuthTypes = [
  'oauth2',
  'oauth2_token_exchange',
  'aws_sigv4',
  'true_passthrough',
  'oauth_delegate',
] as const;

/** The credential an upstream wants; null when it cannot be made out, which was told to `findings`. */
export function readAuth(
  server: ConfigPath,
  settings: ServerSettings,
  findings: Findings,
): UpstreamAuth | null {
  const value = settings.auth_value ?? settings.authentication_token;
  const valueKey = settings.auth_value === undefined ? 'authentication_token' : 'auth_value';
  const type = settings.auth_type ?? 'none';
  const typePath = [...server, 'auth_type'];
  const known = authTypes.find((authType) => authType === type);
  if (known === undefined) {
    findings.fault(typePath, describeUnknownAuth(type, findings.showable(typePath)));
    return null;
  }
  if (known === 'none') {
    if (value !== undefined) {
      findings.warn(
        [...server, valueKey],
        `${valueKey} has no effect without auth_type; for most servers it is bearer_token`,
      );
    }
    return { type: 'none' };
  }
  if (value === undefined) {
    const given = ['auth_value', 'authentication_token'].map((key) => [...server, key]);
    if (!given.some((path) => findings.wasRefused(path))) {
      const problem = given.some((path) => findings.has(path)) ? 'is empty' : 'is missing';
      findings.fault(typePath, `auth_type ${known} needs an auth_value, which ${problem}`);
    }
    return null;
  }
  if (!isHeaderValue(value.reveal())) {
    findings.fault(
      [...server, valueKey],
      `${valueKey} holds a line break or another character that headers cannot have`,
    );
    return null;
  }
  return toAuth(known, value);
}

/** LiteLLM's `token` is GitHub's old form, `Authorization: token VALUE`. */
function toAuth(type: Exclude<AuthType, 'none'>, value: Secret): UpstreamAuth {
  if (type === 'token') return { type: 'authorization', value: new Secret(`token ${value.reveal()}`) };
  return { type, value };
}

function describeUnknownAuth(type: string, shown: string | null): string {
  const supported = `use ${authTypes.join(', ')}`;
  if (unsupportedAuthTypes.some((unsupported) => unsupported === type)) {
    return `auth_type ${type} is not supported; ${supported}`;
  }
  const near = shown === null ? null : nearestName(shown, authTypes);
  const hint = near === null ? '' : `; did you mean "${near}"?`;
  return `unknown auth_type${shown === null ? '' : ` "${shown}"`}: ${supported}${hint}`;
}

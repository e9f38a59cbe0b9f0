import { createHash } from 'node:crypto';

import { Secret } from '../../core/secret.js';
import type { ModelDeployment } from '../gateway-config.js';
import type { Findings } from '../problem-list.js';
import { modelParamNames, type ModelSettings } from '../schema/model.schema.js';
import { warnOfMisspelledParams } from '../schema/unknown-keys.js';
import type { Environment } from '../source/variables.js';
import { isHeaderValue } from '../upstreams/headers.js';
import { isModelProvider, providerSettings } from './provider-environment.js';

export interface ModelDefaults {
  readonly timeoutMs: number;
  readonly maxRetries: number;
}

/** The entries of `model_list`. A key or address that an entry leaves out comes from the provider's own variables. */
export function buildModels(
  entries: readonly (ModelSettings | undefined)[],
  defaults: ModelDefaults,
  env: Environment,
  findings: Findings,
): readonly ModelDeployment[] {
  const ids = new Map<string, number>();
  return entries.flatMap((entry, index) => {
    if (entry === undefined) return [];
    const deployment = buildModel(entry, index, defaults, env, findings);
    const count = (ids.get(deployment.id) ?? 0) + 1;
    ids.set(deployment.id, count);
    return [count === 1 ? deployment : { ...deployment, id: `${deployment.id}-${count}` }];
  });
}

function buildModel(
  { model_name: modelName, litellm_params: params, model_info: info = {} }: ModelSettings,
  index: number,
  defaults: ModelDefaults,
  env: Environment,
  findings: Findings,
): ModelDeployment {
  const path = ['model_list', index, 'litellm_params'];
  const slash = params.model.indexOf('/');
  const provider = slash === -1 ? 'openai' : params.model.slice(0, slash);
  const providerModel = params.model.slice(slash + 1);
  const others = Object.fromEntries(Object.entries(params).filter(([key]) => !modelParamNames.includes(key)));
  warnOfMisspelledParams(path, Object.keys(others), findings);
  const own = params.api_base ?? params.base_url ?? null;
  if (own !== null)
    checkBase([...path, params.api_base === undefined ? 'base_url' : 'api_base'], own, findings);
  if (!isModelProvider(provider) && own === null && params.mock_response === undefined) {
    findings.warn(
      [...path, 'model'],
      "this provider is not known; with an api_base it is asked in OpenAI's way",
    );
  }
  const ambient = providerSettings(provider, env);
  if (params.api_key !== undefined && !isHeaderValue(params.api_key.reveal())) {
    findings.fault(
      [...path, 'api_key'],
      'api_key holds a line break or another character that headers cannot have',
    );
  }
  // A provider's usual key is only for its usual address, not for any address that an entry names.
  const ambientKey = own === null ? ambient.apiKey : undefined;
  return {
    id:
      typeof info['id'] === 'string'
        ? info['id']
        : deploymentId(modelName, params.model, own, params.api_version),
    modelName,
    provider,
    providerModel,
    apiKey: params.api_key ?? (ambientKey === undefined ? null : new Secret(ambientKey)),
    apiBase: own ?? ambient.apiBase ?? null,
    apiVersion: params.api_version ?? ambient.apiVersion ?? null,
    timeoutMs: params.timeout === undefined ? defaults.timeoutMs : Math.round(params.timeout * 1000),
    maxRetries: params.max_retries ?? params.num_retries ?? defaults.maxRetries,
    weight: params.weight ?? 1,
    rpm: params.rpm ?? null,
    tpm: params.tpm ?? null,
    mockResponse: params.mock_response ?? null,
    inputCostPerToken: params.input_cost_per_token ?? price(info['input_cost_per_token']),
    outputCostPerToken: params.output_cost_per_token ?? price(info['output_cost_per_token']),
    extra: hideTexts({ ...ambient.extra, ...others }) as Readonly<Record<string, unknown>>,
    info,
  };
}

function checkBase(path: readonly PropertyKey[], base: string, findings: Findings): void {
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol)) {
    findings.fault(path, `${String(path.at(-1))} must be a URL that begins with http:// or https://`);
  }
}

/** No secret goes in: whoever sees the id could try secrets against it. Equal entries are told apart by a number. */
function deploymentId(...parts: readonly (string | null | undefined)[]): string {
  const content = JSON.stringify(parts.map((part) => part ?? null));
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

function price(value: unknown): number {
  return typeof value === 'number' && value >= 0 ? value : 0;
}

/** Every text of the value as a Secret: nobody knows which of a provider's parameters is one. */
function hideTexts(value: unknown): unknown {
  if (typeof value === 'string') return new Secret(value);
  if (Array.isArray(value)) return value.map(hideTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hideTexts(item)]));
}

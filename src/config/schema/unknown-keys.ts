import type { z } from 'zod';

import { nearestName } from '../../core/nearest-name.js';
import type { Findings } from '../problem-list.js';
import { pathText, type ConfigPath } from '../source/config-node.js';
import { configFileSchema } from './config-file.schema.js';
import { auditSchema, generalSchema, limitsSchema } from './general.schema.js';
import { litellmKeys, litellmRules } from './litellm-keys.js';
import { litellmSchema, routerSchema } from './litellm.schema.js';
import { modelParamNames, modelSchema } from './model.schema.js';
import { serverSchema } from './server.schema.js';

const keysOf = (schema: z.ZodObject): readonly string[] => Object.keys(schema.shape);

const knownKeys: Readonly<Record<string, readonly string[]>> = {
  '': [...keysOf(configFileSchema), 'include'],
  general_settings: keysOf(generalSchema),
  'general_settings.limits': keysOf(limitsSchema),
  'general_settings.audit': keysOf(auditSchema),
  audit: keysOf(auditSchema),
  litellm_settings: keysOf(litellmSchema),
  router_settings: keysOf(routerSchema),
  'mcp_servers.*': keysOf(serverSchema),
  'model_list.*': keysOf(modelSchema),
};

/** The section a path lies in; names of servers and numbers of models are `*`. */
function sectionOf(path: ConfigPath): string {
  const [first, ...rest] = path.map(String);
  if (first === undefined) return '';
  return first === 'mcp_servers' || first === 'model_list' ? `${first}.*` : [first, ...rest].join('.');
}

interface UnknownKey {
  readonly path: ConfigPath;
  readonly key: string;
}

/** Turns keys that no schema knows into warnings: misspellings one by one, LiteLLM's own settings all in one. */
export function warnOfUnknownKeys(unknown: readonly UnknownKey[], findings: Findings): void {
  const ineffective: UnknownKey[] = [];
  for (const { path, key } of unknown) {
    const section = sectionOf(path);
    const rule = litellmRules[section]?.[key];
    if (rule !== undefined) findings.warn([...path, key], `${pathText([...path, key])} ${rule}`);
    else if (litellmKeys[section]?.includes(key) === true) ineffective.push({ path, key });
    else warnOfMisspelling(path, key, knownKeys[section] ?? [], findings);
  }
  const [first] = ineffective;
  if (first === undefined) return;
  const names = ineffective.map(
    ({ path, key }) => `${pathText([...path, key])} (line ${findings.line([...path, key])})`,
  );
  findings.warn([...first.path, first.key], `LiteLLM settings without effect here: ${names.join(', ')}`);
}

/** litellm_params may hold anything a provider wants; only what looks like a slip of the pen is named. */
export function warnOfMisspelledParams(path: ConfigPath, keys: readonly string[], findings: Findings): void {
  for (const key of keys) {
    const near = nearestName(key, modelParamNames);
    if (near !== null) {
      findings.warn(
        [...path, key],
        `${pathText([...path, key])} goes to the provider; did you mean "${near}"?`,
      );
    }
  }
}

function warnOfMisspelling(
  path: ConfigPath,
  key: string,
  known: readonly string[],
  findings: Findings,
): void {
  const near = nearestName(key, known);
  const where = path.length === 0 ? '' : ` in ${pathText(path)}`;
  const hint = near === null ? '' : `; did you mean "${near}"?`;
  findings.warn([...path, key], `unknown key "${key}"${where}${hint}`);
}

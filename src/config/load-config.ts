import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';

import { buildConfig } from './build-config.js';
import type { ConfigOptions } from './config-options.js';
import type { ConfigProblem } from './config-problem.js';
import { deepFreeze } from './deep-freeze.js';
import type { GatewayConfig } from './gateway-config.js';
import { Findings, ProblemList } from './problem-list.js';
import { validate } from './schema/validate.js';
import type { MapNode } from './source/config-node.js';
import { readConfigFile } from './source/read-config-file.js';
import { withServerMap } from './source/server-list.js';

export interface LoadedConfig {
  /** Deeply frozen. */
  readonly config: GatewayConfig;
  readonly warnings: readonly ConfigProblem[];
}

/** Looked for in the working folder. */
export const defaultConfigFile = 'config.yaml';

const nothing: MapNode = { kind: 'map', at: { file: '', line: 0, column: 0 }, entries: new Map() };

/**
 * Everything the gateway is told, from flags, environment and file, in this order of precedence.
 * Throws ConfigError with every fault there is.
 */
export async function loadConfig(options: ConfigOptions): Promise<LoadedConfig> {
  const problems = new ProblemList();
  const path = configPath(options);
  const name = options.argvFlags.config ?? defaultConfigFile;
  const source = path === null ? null : await readConfigFile(path, name, options.env, problems);
  const root = source === null ? nothing : withServerMap(source.root, problems);
  const findings = new Findings(root, problems);
  const config = buildConfig(options, validate(root, findings), source, findings);
  problems.throwIfFaulty();
  return { config: deepFreeze(config), warnings: problems.warnings };
}

/** The file to read, or null: nobody named one and there is none in the working folder. */
function configPath({ argvFlags, cwd }: ConfigOptions): string | null {
  if (argvFlags.config !== undefined) return resolve(cwd, argvFlags.config);
  const path = resolve(cwd, defaultConfigFile);
  // A link to nowhere is a file that cannot be read, not a missing one.
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? null : path;
}

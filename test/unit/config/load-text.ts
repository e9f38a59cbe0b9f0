import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ConfigFlags } from '../../../src/config/config-options.js';
import { ConfigError, formatProblem } from '../../../src/config/config-problem.js';
import type { GatewayConfig } from '../../../src/config/gateway-config.js';
import { loadConfig } from '../../../src/config/load-config.js';

export interface Given {
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: ConfigFlags;
  /** Other files beside config.yaml. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Outcome {
  /** null when there were faults. */
  readonly config: GatewayConfig | null;
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

/** Loads a configuration as the program would from a folder that holds `text` as config.yaml (null: none). */
export async function loadText(
  text: string | null,
  { env = {}, flags = {}, files = {} }: Given = {},
): Promise<Outcome> {
  const cwd = mkdtempSync(join(tmpdir(), 'toolgate-config-'));
  try {
    if (text !== null) writeFileSync(join(cwd, 'config.yaml'), text);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
    const { config, warnings } = await loadConfig({ argvFlags: flags, env, cwd });
    return { config, faults: [], warnings: warnings.map(formatProblem) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { config: null, faults: error.problems.map(formatProblem), warnings: [] };
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** The configuration of a text that has no fault. */
export async function configOf(text: string | null, given: Given = {}): Promise<GatewayConfig> {
  const { config, faults } = await loadText(text, given);
  if (config === null) throw new Error(faults.join('\n'));
  return config;
}

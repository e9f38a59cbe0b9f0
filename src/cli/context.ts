import type { ConfigOptions } from '../config/config-options.js';
import { formatProblem, type ConfigProblem } from '../config/config-problem.js';
import type { LoadedConfig } from '../config/load-config.js';

/** What `serve` is given: the configuration, how it was read (for reading it again), and all warnings. */
export interface ServeOptions extends LoadedConfig {
  readonly options: ConfigOptions;
}

export interface Output {
  write(text: string): unknown;
}

/** What a command works with. */
export interface CliContext {
  /** Starts the gateway; resolves once it runs, rejects when it cannot. */
  readonly serve: (options: ServeOptions) => Promise<void>;
  readonly env: ConfigOptions['env'];
  readonly cwd: string;
  /** For results. */
  readonly stdout: Output;
  /** For complaints. */
  readonly stderr: Output;
}

export const exitCodes = {
  done: 0,
  /** `plan` found changes, as diff(1) says it. */
  changes: 1,
  failed: 1,
  /** Bad command line, bad configuration, busy port, unreadable file: something its user can put right. */
  badInput: 2,
} as const;

export function complain(stderr: Output, problems: readonly ConfigProblem[], prefix = ''): void {
  for (const problem of problems) stderr.write(`${prefix}${formatProblem(problem)}\n`);
}

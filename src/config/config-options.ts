import type { Environment } from './source/variables.js';

/** Command line flags that set something; they beat the environment, which beats the file. */
export interface ConfigFlags {
  readonly config?: string;
  readonly port?: string;
  readonly host?: string;
  readonly debug?: boolean;
  readonly detailedDebug?: boolean;
}

export interface ConfigOptions {
  readonly argvFlags: ConfigFlags;
  readonly env: Environment;
  /** Absolute path; the default config.yaml, the data folder and relative paths are looked for here. */
  readonly cwd: string;
}

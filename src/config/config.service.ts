import { Injectable } from '@nestjs/common';

import type { ConfigProblem } from './config-problem.js';
import type { GatewayConfig } from './gateway-config.js';

/** How the last reading of the file went. */
export interface ConfigReload {
  readonly at: Date;
  /** false: the configuration before it goes on. */
  readonly ok: boolean;
  /** Faults when it failed, warnings when it did not. */
  readonly problems: readonly ConfigProblem[];
  /** Settings that changed and take effect at the next start only. */
  readonly needRestart: readonly string[];
}

export type ConfigListener = (next: GatewayConfig, previous: GatewayConfig) => void;

/** The configuration as it stands now: one immutable snapshot, replaced as a whole. */
@Injectable()
export class ConfigService {
  #current: GatewayConfig;
  #lastReload: ConfigReload | null = null;
  readonly #listeners = new Set<ConfigListener>();
  readonly #reloadListeners = new Set<(reload: ConfigReload) => void>();

  constructor(initial: GatewayConfig) {
    this.#current = initial;
  }

  get current(): GatewayConfig {
    return this.#current;
  }

  /** null until the file was read again for the first time. */
  get lastReload(): ConfigReload | null {
    return this.#lastReload;
  }

  /** `listener` is told after each swap, in order of registration. Returns how to stop listening. */
  onChange(listener: ConfigListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Swaps the snapshot and tells the listeners; one that throws does not keep the others from being told. */
  replace(next: GatewayConfig): void {
    const previous = this.#current;
    this.#current = next;
    const failures: unknown[] = [];
    for (const listener of [...this.#listeners]) {
      try {
        listener(next, previous);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, 'A part of the gateway could not take the change');
  }

  /** `listener` is told of each reading of the file, also of one that failed. Returns how to stop listening. */
  onReload(listener: (reload: ConfigReload) => void): () => void {
    this.#reloadListeners.add(listener);
    return () => this.#reloadListeners.delete(listener);
  }

  recordReload(reload: ConfigReload): void {
    this.#lastReload = reload;
    for (const listener of this.#reloadListeners) listener(reload);
  }
}

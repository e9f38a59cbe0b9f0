import { Inject, Injectable, Logger } from '@nestjs/common';

import type { ConfigOptions } from '../config-options.js';
import { ConfigError, formatProblem, type ConfigProblem } from '../config-problem.js';
import { ConfigService, type ConfigReload } from '../config.service.js';
import { diffUpstreams } from '../diff-upstreams.js';
import type { GatewayConfig } from '../gateway-config.js';
import { loadConfig, type LoadedConfig } from '../load-config.js';
import { sameContent } from '../same-content.js';
import { readText } from '../source/read-text.js';
import { settingsNeedingRestart } from './takes-effect.js';

/** Injects how the configuration was read at the start, so that it can be read in the same way again. */
export const CONFIG_OPTIONS = Symbol('CONFIG_OPTIONS');

/** Reads the configuration again: a good one replaces the one in use as a whole, a bad one changes nothing. */
@Injectable()
export class ConfigReloader {
  readonly #log = new Logger('Config');
  #running: Promise<ConfigReload> = Promise.resolve({
    at: new Date(),
    ok: true,
    problems: [],
    needRestart: [],
  });

  constructor(
    @Inject(CONFIG_OPTIONS) private readonly options: ConfigOptions,
    private readonly config: ConfigService,
  ) {}

  /** One after the other, so that an older reading never replaces a newer one. Never rejects. */
  reload(): Promise<ConfigReload> {
    this.#running = this.#running.then(() => this.#reload());
    return this.#running;
  }

  async #reload(): Promise<ConfigReload> {
    const current = this.config.current;
    const outcome = await this.#read(current);
    const reload: ConfigReload = {
      at: new Date(),
      ok: outcome.loaded !== null,
      problems: outcome.problems,
      needRestart: outcome.loaded === null ? [] : settingsNeedingRestart(current, outcome.loaded.config),
    };
    this.config.recordReload(reload);
    if (outcome.loaded === null) {
      this.#log.error('The configuration has faults; the one before stays in use');
      for (const problem of outcome.problems) this.#log.error(formatProblem(problem));
    } else {
      this.#apply(outcome.loaded, current, reload);
    }
    return reload;
  }

  async #read(
    current: GatewayConfig,
  ): Promise<{ readonly loaded: LoadedConfig | null; readonly problems: readonly ConfigProblem[] }> {
    try {
      const loaded = await loadConfig(this.options);
      const lost = await lostFile(current, loaded.config);
      return lost === null ? { loaded, problems: loaded.warnings } : { loaded: null, problems: [lost] };
    } catch (error) {
      if (error instanceof ConfigError) return { loaded: null, problems: error.problems };
      this.#log.error(error);
      const message = 'the configuration could not be read';
      return { loaded: null, problems: [{ file: current.file ?? '', line: 0, column: 0, message }] };
    }
  }

  #apply(
    { config: next, warnings }: LoadedConfig,
    previous: GatewayConfig,
    { needRestart }: ConfigReload,
  ): void {
    for (const warning of warnings) this.#log.warn(formatProblem(warning));
    if (sameContent(previous, next)) {
      this.#log.log('Configuration read again: nothing changed');
      return;
    }
    const { added, removed, changed, unchanged } = diffUpstreams(previous.upstreams, next.upstreams);
    this.#log.log(
      `Configuration read again; upstreams: ${added.length} added, ${removed.length} removed, ` +
        `${changed.length} changed, ${unchanged.length} unchanged`,
    );
    if (needRestart.length > 0) this.#log.warn(`Takes effect at the next start: ${needRestart.join(', ')}`);
    try {
      this.config.replace(next);
    } catch (error) {
      this.#log.error(error);
    }
  }
}

/**
 * A gateway with a file does not fall back to the demo because the file went away, nor does it drop everything because
 * the file is empty for the moment between truncating and writing.
 */
async function lostFile(current: GatewayConfig, next: GatewayConfig): Promise<ConfigProblem | null> {
  if (current.file === null) return null;
  const read = await readText(current.file);
  const message =
    next.file === null || 'fault' in read
      ? 'does not exist any more'
      : read.text.trim() === ''
        ? 'is empty'
        : null;
  return message === null ? null : { file: current.file, line: 0, column: 0, message };
}

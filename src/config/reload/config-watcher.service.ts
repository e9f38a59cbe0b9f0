import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';

import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { watch, type FSWatcher } from 'chokidar';

import type { ConfigOptions } from '../config-options.js';
import { ConfigService } from '../config.service.js';
import { defaultConfigFile } from '../load-config.js';
import { CONFIG_OPTIONS, ConfigReloader } from './config-reloader.service.js';

/** A change is read when the file kept still for this long: editors and copies write in several steps. */
const quietMs = 200;

/**
 * Has the configuration read again when its files change, and on SIGHUP.
 *
 * The folders are watched, not the files: editors replace a file by renaming, and Kubernetes swaps the link `..data`
 * beside it. Whether a file did change is decided by its content. Where a filesystem tells nothing (some network
 * and virtual machine mounts), chokidar polls when CHOKIDAR_USEPOLLING=1 is set.
 */
@Injectable()
export class ConfigWatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('Config');
  readonly #onHangUp = (): void => void this.#reload();
  readonly #contentAtStart: Promise<string>;
  #watcher: FSWatcher | null = null;
  #watched = '';
  #content: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(
    @Inject(CONFIG_OPTIONS) private readonly options: ConfigOptions,
    private readonly config: ConfigService,
    private readonly reloader: ConfigReloader,
  ) {
    this.#contentAtStart = this.#readContent();
  }

  async onApplicationBootstrap(): Promise<void> {
    process.on('SIGHUP', this.#onHangUp);
    await this.#watchFiles();
    this.#content = await this.#contentAtStart;
    // Setting up a database takes seconds, in which somebody may have gone on editing.
    this.#expectChange();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isStopped = true;
    process.off('SIGHUP', this.#onHangUp);
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#watcher?.close();
  }

  /** Without a file, the one that would be read if it appeared. */
  get #files(): readonly string[] {
    const { files } = this.config.current;
    return files.length > 0 ? files : [resolve(this.options.cwd, defaultConfigFile)];
  }

  /** Returns whether other files are watched now than before. */
  async #watchFiles(): Promise<boolean> {
    const files = this.#files;
    const folders = [...new Set(files.map((file) => dirname(file)))];
    const names = new Set([...files.map((file) => basename(file)), '..data']);
    const watched = [...folders, ...names].join('\0');
    if (watched === this.#watched) return false;
    this.#watched = watched;
    await this.#watcher?.close();
    const watcher = watch(folders, {
      depth: 0,
      ignoreInitial: true,
      ignored: (path) => !folders.includes(path) && !names.has(basename(path)),
    });
    this.#watcher = watcher;
    watcher.on('all', () => this.#expectChange());
    // A link that points elsewhere is no change to chokidar, only to the system beneath it.
    watcher.on('raw', (_event, path) => {
      if (names.has(basename(path))) this.#expectChange();
    });
    watcher.on('error', (error) =>
      this.#log.warn(`Changes of the configuration may go unseen: ${String(error)}`),
    );
    await new Promise<void>((ready) => watcher.once('ready', ready));
    return true;
  }

  #expectChange(): void {
    if (this.#isStopped) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#reloadIfChanged(), quietMs);
  }

  async #reloadIfChanged(): Promise<void> {
    const content = await this.#readContent();
    if (content !== this.#content && !this.#isStopped) await this.#reload();
  }

  async #reload(): Promise<void> {
    do {
      // Taken before the reading: what is written during it is seen as a change afterwards.
      this.#content = await this.#readContent();
      await this.reloader.reload();
      // A file that is new among the watched may have changed before it was.
    } while (!this.#isStopped && (await this.#watchFiles()));
  }

  async #readContent(): Promise<string> {
    const hash = createHash('sha256');
    for (const file of this.#files) {
      const bytes = await readFile(file).catch(() => null);
      hash.update(bytes === null ? 'missing' : `${bytes.length}:`).update(bytes ?? '');
    }
    return hash.digest('hex');
  }
}

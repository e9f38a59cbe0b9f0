import { createHash } from 'node:crypto';
import { watch, type FSWatcher } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';

import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import type { ConfigOptions } from '../config-options.js';
import { ConfigService } from '../config.service.js';
import { defaultConfigFile } from '../load-config.js';
import { CONFIG_OPTIONS, ConfigReloader } from './config-reloader.service.js';

/** A change is read when the file kept still for this long: editors and copies write in several steps. */
const quietMs = 200;
/** What tells nothing is asked this often: a file mounted into a container, network and virtual machine filesystems. */
const pollMs = 2_000;

/**
 * Has the configuration read again when its files change, and on SIGHUP.
 *
 * The folders are watched, not the files: editors replace a file by renaming, and Kubernetes swaps the link `..data`
 * beside it. Whether a file did change is decided by its content.
 */
@Injectable()
export class ConfigWatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('Config');
  readonly #onHangUp = (): void => void this.#reload();
  readonly #contentAtStart: Promise<string>;
  #watchers: readonly FSWatcher[] = [];
  #watched = '';
  #poll: NodeJS.Timeout | null = null;
  #polled = '';
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
    this.#watchFiles();
    this.#poll = setInterval(() => void this.#look(), pollMs).unref();
    this.#content = await this.#contentAtStart;
    // Setting up a database takes seconds, in which somebody may have gone on editing.
    this.#expectChange();
  }

  beforeApplicationShutdown(): void {
    this.#isStopped = true;
    process.off('SIGHUP', this.#onHangUp);
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#poll !== null) clearInterval(this.#poll);
    for (const watcher of this.#watchers) watcher.close();
  }

  /** Without a file, the one that would be read if it appeared. */
  get #files(): readonly string[] {
    const { files } = this.config.current;
    return files.length > 0 ? files : [resolve(this.options.cwd, defaultConfigFile)];
  }

  /** Returns whether other files are watched now than before. */
  #watchFiles(): boolean {
    const files = this.#files;
    const folders = [...new Set(files.map((file) => dirname(file)))];
    const names = new Set([...files.map((file) => basename(file)), '..data']);
    const watched = [...folders, ...names].join('\0');
    if (watched === this.#watched) return false;
    this.#watched = watched;
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = folders.flatMap((folder) => this.#watchFolder(folder, names));
    return true;
  }

  #watchFolder(folder: string, names: ReadonlySet<string>): FSWatcher[] {
    const unseen = (error: unknown): void =>
      this.#log.warn(`Changes of the configuration are seen late: ${String(error)}`);
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name === null || names.has(name)) this.#expectChange();
      });
      return [watcher.on('error', unseen)];
    } catch (error) {
      unseen(error);
      return [];
    }
  }

  async #look(): Promise<void> {
    const looks = await Promise.all(this.#files.map((file) => stat(file).catch(() => null)));
    const seen = looks.map((it) => `${it?.ino}:${it?.size}:${it?.mtimeMs}`).join();
    if (this.#polled !== '' && seen !== this.#polled) this.#expectChange();
    this.#polled = seen;
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
    } while (!this.#isStopped && this.#watchFiles());
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

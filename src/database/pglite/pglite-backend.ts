import { join } from 'node:path';

import type { DatabaseBackend, DatabaseSession } from '../backend.js';
import { DataFolder } from './data-folder.js';
import { openPgliteChannel } from './pglite-channel.js';
import type { PgliteChannel, PgliteReply } from './pglite-protocol.js';
import { remoteFactory } from './remote-factory.js';

export interface PgliteStorage {
  /** Where the folder `postgres` is made; null keeps everything in memory. */
  readonly dataDir: string | null;
  /** Uncompressed tar of a data folder to begin with; null: an empty one. */
  readonly template: Uint8Array | null;
}

const aText = { scalarType: 'string', arity: 'scalar' } as const;

/** PGlite: Postgres as WebAssembly, for a gateway without a server beside it. One process, one connection. */
export class PgliteBackend implements DatabaseBackend {
  readonly kind = 'pglite';
  /** It cannot be away, only busy. */
  readonly defaultTimeoutMs = 10_000;
  #folder: Promise<DataFolder | null> | null = null;
  #early: Promise<PgliteChannel> | null = null;

  constructor(private readonly storage: PgliteStorage) {}

  /** Begins what `prepare` and `connect` wait for, which takes a second of a thread of its own. */
  begin(): void {
    this.#early = this.prepare().then(() => this.#open());
    // Whoever waits for it hears of it.
    this.#early.catch(() => undefined);
  }

  async prepare(): Promise<void> {
    const { dataDir } = this.storage;
    this.#folder ??= dataDir === null ? Promise.resolve(null) : DataFolder.claim(dataDir);
    await this.#folder;
  }

  async connect(): Promise<DatabaseSession> {
    const opening = this.#early ?? this.#open();
    this.#early = null;
    const [{ PrismaClient }, channel] = await Promise.all([import('../generated/client.js'), opening]);
    const factory = remoteFactory(channel);
    const adapter = await factory.connect();
    const prisma = new PrismaClient({
      adapter: factory,
      transactionOptions: { maxWait: 5_000, timeout: 5_000 },
    });
    return {
      prisma,
      execute: (sql, text) => adapter.executeRaw({ sql, args: [text], argTypes: [aText] }),
      // The data folder belongs to this process, so nobody else migrates.
      migrations: { open: () => Promise.resolve(factory), lock: (work) => work() },
      watch: () => Promise.resolve(),
      suspect: () => undefined,
      lost: channel.lost,
      close: async () => {
        await prisma.$disconnect();
        await channel.ask({ op: 'close' }).catch(() => undefined);
        await channel.end();
      },
    };
  }

  async close(): Promise<void> {
    const unused = await this.#early?.catch(() => null);
    await unused?.end();
    const folder = await this.#folder?.catch(() => null);
    this.#folder = null;
    await folder?.release();
  }

  async #open(): Promise<PgliteChannel> {
    const { dataDir, template } = this.storage;
    const channel = await openPgliteChannel();
    const opened = await channel
      .ask({ op: 'open', dataDir: dataDir === null ? null : join(dataDir, 'postgres'), template })
      .catch((error: unknown): PgliteReply => ({ ok: false, message: String(error), mapped: null }));
    if (opened.ok) return channel;
    await channel.end();
    throw new Error(opened.message);
  }
}

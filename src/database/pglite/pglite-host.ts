import { access, rm, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { setFlagsFromString } from 'node:v8';

import { PGlite } from '@electric-sql/pglite';
import { isDriverAdapterError } from '@prisma/driver-adapter-utils';
import type { SqlDriverAdapter, Transaction } from '@prisma/driver-adapter-utils';

import { pgliteFactory } from './pglite-factory.js';
import type { PgliteReply, PgliteRequest } from './pglite-protocol.js';

// Later V8s optimise WebAssembly when it has run for longer; Node 20's does it at once, to all that a start touches, which
// costs more than the whole start without it. What a busy database runs often is optimised all the same.
setFlagsFromString('--wasm-tiering-budget=50000000');

/** Niceness of this thread once the start is over: a third of the weight of those that answer calls. */
const niceness = 5;
const startMs = 10_000;

/** Owns PGlite and answers what is asked of it, one transaction at a time: PGlite has a single connection. */
export class PgliteHost {
  #database: PGlite | null = null;
  #adapter: SqlDriverAdapter | null = null;
  readonly #transactions = new Map<number, Transaction>();
  #lastTransaction = 0;

  async answer(request: PgliteRequest): Promise<PgliteReply> {
    try {
      return { ok: true, value: await this.#do(request) };
    } catch (error) {
      const mapped = isDriverAdapterError(error) ? error.cause : null;
      return { ok: false, message: wordsOf(error), mapped };
    }
  }

  async #do(request: PgliteRequest): Promise<unknown> {
    switch (request.op) {
      case 'open':
        this.#database = await openDatabase(request.dataDir, request.template);
        this.#adapter = await pgliteFactory(this.#database).connect();
        // A start waits for the database; what is answered to calls does not.
        setTimeout(giveWay, startMs).unref();
        return undefined;
      case 'query':
        return this.#target(request.transaction).queryRaw(request.query);
      case 'execute':
        return this.#target(request.transaction).executeRaw(request.query);
      case 'script':
        return this.#opened().executeScript(request.script);
      case 'begin':
        return this.#begin(await this.#opened().startTransaction(request.isolationLevel));
      case 'commit':
        return this.#take(request.transaction)?.commit();
      case 'rollback':
        return this.#take(request.transaction)?.rollback();
      case 'close':
        return this.#close();
    }
  }

  #opened(): SqlDriverAdapter {
    if (this.#adapter === null) throw new Error('PGlite is not open');
    return this.#adapter;
  }

  #target(transaction: number | null): SqlDriverAdapter | Transaction {
    if (transaction === null) return this.#opened();
    const found = this.#transactions.get(transaction);
    if (found === undefined) throw new Error('The transaction has ended');
    return found;
  }

  #begin(transaction: Transaction): number {
    this.#transactions.set(++this.#lastTransaction, transaction);
    return this.#lastTransaction;
  }

  #take(id: number): Transaction | undefined {
    const transaction = this.#transactions.get(id);
    this.#transactions.delete(id);
    return transaction;
  }

  async #close(): Promise<void> {
    const database = this.#database;
    this.#database = null;
    this.#adapter = null;
    // PGlite waits for open transactions before it closes; nobody is left to end these.
    for (const transaction of this.#transactions.values())
      await transaction.rollback().catch(() => undefined);
    this.#transactions.clear();
    await database?.close();
  }
}

/**
 * Unpacking a prepared data folder instead of running initdb makes the first start about 3 s faster. A first start that
 * was cut short leaves a mark, and the half-made folder (nothing was ever stored in it) is made anew.
 */
async function openDatabase(dataDir: string | null, template: Uint8Array | null): Promise<PGlite> {
  if (dataDir === null) return PGlite.create({ loadDataDir: await prepared(template) });
  const unfinished = `${dataDir}.unfinished`;
  if (await exists(unfinished)) await rm(dataDir, { recursive: true, force: true });
  if (await exists(dataDir)) return PGlite.create(dataDir);
  await writeFile(unfinished, '');
  const database = await PGlite.create(dataDir, { loadDataDir: await prepared(template) });
  await rm(unfinished, { force: true });
  return database;
}

/** Its file system throws objects that are no errors: a full disk is `{"name":"ErrnoError","errno":51}`. */
function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : JSON.stringify(error);
}

async function prepared(template: Uint8Array | null): Promise<Blob> {
  if (template !== null) return new Blob([Uint8Array.from(template)]);
  const { dataDir } = await import('@electric-sql/pglite-prepopulatedfs');
  return dataDir();
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * Calls go before the rows they leave: a batch of rows takes milliseconds, in which each call would wait for its core. On
 * Linux alone 0 means the calling thread; elsewhere it would be the whole process.
 */
function giveWay(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, niceness);
  } catch {
    // A sandbox may forbid it. Then all threads are equal.
  }
}

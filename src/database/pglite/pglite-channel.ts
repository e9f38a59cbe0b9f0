import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import type { PgliteChannel, PgliteReply, PgliteRequest } from './pglite-protocol.js';

const workerFile = new URL('./pglite.worker.js', import.meta.url);

/** A thread of its own for PGlite; in this thread where the program runs from sources that no thread can load. */
export async function openPgliteChannel(): Promise<PgliteChannel> {
  if (existsSync(workerFile)) return new ThreadChannel(new Worker(workerFile));
  const { PgliteHost } = await import('./pglite-host.js');
  const host = new PgliteHost();
  return {
    ask: (request) => host.answer(request),
    lost: new Promise(() => undefined),
    end: () => Promise.resolve(),
  };
}

interface Waiting {
  readonly resolve: (reply: PgliteReply) => void;
  readonly reject: (error: Error) => void;
}

class ThreadChannel implements PgliteChannel {
  readonly lost: Promise<Error>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #gone: Error | null = null;

  constructor(private readonly worker: Worker) {
    worker.on('message', ({ id, reply }: { id: number; reply: PgliteReply }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      waiting?.resolve(reply);
    });
    this.lost = new Promise((resolve) => {
      const gone = (error: Error): void => {
        this.#gone ??= error;
        for (const { reject } of this.#waiting.values()) reject(this.#gone);
        this.#waiting.clear();
        resolve(this.#gone);
      };
      worker.once('error', gone);
      worker.once('exit', () => gone(new Error('The embedded database stopped')));
    });
  }

  ask(request: PgliteRequest): Promise<PgliteReply> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== null) {
        reject(this.#gone);
        return;
      }
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, request });
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}

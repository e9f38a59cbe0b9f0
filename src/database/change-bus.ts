import { Injectable } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';

import type { Change } from '../core/change.js';
import { DatabaseService } from './database.service.js';
import { announceSql, announcement } from './postgres/change-feed.js';

/** More than this many announcements held back become one of `everything`. */
const maxPending = 1_000;

/**
 * Tells everybody who compiled something from the database that it changed: listeners in this process at once, other
 * replicas over LISTEN/NOTIFY. What another replica could not be told is made up for within seconds (see `ChangeFeed`).
 */
@Injectable()
export class ChangeBus implements OnModuleDestroy {
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #pending = new Map<string, Change>();
  readonly #stops: (() => void)[];
  #sending: Promise<void> = Promise.resolve();

  constructor(private readonly database: DatabaseService) {
    this.#stops = [
      database.onRemoteChange((change) => this.#tell(change)),
      database.onReady(() => void this.#send()),
    ];
  }

  /**
   * Call it once the change is committed. Listeners here have run when it returns; the promise resolves when the other
   * replicas were told, or, with the database away, at once: they are told when it is back. Never rejects.
   */
  publish(change: Change): Promise<void> {
    this.#tell(change);
    if (this.database.kind === 'pglite') return Promise.resolve();
    this.#hold(change);
    return this.#send();
  }

  /** @param listener must not throw and must not take long. @returns stops listening. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onModuleDestroy(): void {
    for (const stop of this.#stops) stop();
  }

  #hold(change: Change): void {
    if (this.#pending.size < maxPending) {
      this.#pending.set(`${change.kind}:${change.id}`, change);
      return;
    }
    this.#pending.clear();
    this.#pending.set('everything:', { kind: 'everything', id: '' });
  }

  /** One after the other, in the order of publishing. */
  #send(): Promise<void> {
    return (this.#sending = this.#sending.then(async () => {
      for (const [key, held] of [...this.#pending]) {
        const { kind, id } = announcement(held);
        try {
          await this.database.run((prisma) =>
            prisma.$queryRawUnsafe(announceSql, this.database.replicaId, kind, id),
          );
          if (this.#pending.get(key) === held) this.#pending.delete(key);
        } catch {
          // Kept; sent again when the database is ready.
          return;
        }
      }
    }));
  }

  #tell(change: Change): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

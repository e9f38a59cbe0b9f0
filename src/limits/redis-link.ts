import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';

import type { Secret } from '../core/secret.js';
import { renewScript, takeScript } from './redis-scripts.js';

/** What `defineCommand` adds: scripts by name, sent once a connection and then by their hash. */
interface LimitCommands {
  takeLimits(numberOfKeys: number, ...rest: (string | number)[]): Promise<number>;
  renewSlots(numberOfKeys: number, ...rest: (string | number)[]): Promise<number>;
}

/** No answer within this time counts as away: a limit must not cost a call more than that. */
const commandTimeoutMs = 250;
/** After a failure nobody asks again for so long. */
const restMs = 1_000;
const firstConnectMs = 1_000;

/** The connection to Redis, and whether it can be relied on right now. */
export class RedisLink {
  readonly client: Redis & LimitCommands;
  readonly #logger = new Logger('Limits');
  #restsUntilMs = 0;
  #isAway = false;

  constructor(url: Secret) {
    const client = new Redis(url.reveal(), {
      commandTimeout: commandTimeoutMs,
      connectTimeout: 2_000,
      // It waits this long for a socket that is closed already, and keeps the process from ending.
      disconnectTimeout: 200,
      maxRetriesPerRequest: 0,
      // Waiting for Redis to come back is what these keep a command from doing.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
    });
    client.defineCommand('takeLimits', { lua: takeScript });
    client.defineCommand('renewSlots', { lua: renewScript });
    this.client = client as Redis & LimitCommands;
    this.client.on('error', (error: unknown) => this.failed(error));
    this.client.on('ready', () => this.#cameBack());
  }

  get isUp(): boolean {
    return this.client.status === 'ready' && Date.now() >= this.#restsUntilMs;
  }

  /** Resolves when connected, or after a second without. */
  async whenFirstReady(): Promise<void> {
    if (this.client.status === 'ready') return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, firstConnectMs);
      this.client.once('ready', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** A command failed: leave Redis alone for a moment. */
  failed(error: unknown): void {
    this.#restsUntilMs = Date.now() + restMs;
    if (this.#isAway) return;
    this.#isAway = true;
    this.#logger.error('Redis is away: rates are not limited and budgets refuse until it is back', error);
  }

  /** A command succeeded. */
  succeeded(): void {
    if (this.#isAway) this.#cameBack();
  }

  #cameBack(): void {
    if (this.#isAway) this.#logger.log('Redis is back: limits are shared again');
    this.#isAway = false;
    this.#restsUntilMs = 0;
  }

  async close(): Promise<void> {
    try {
      if (this.client.status === 'ready') await this.client.quit();
    } catch {
      // It went away while we said goodbye.
    } finally {
      this.client.disconnect();
    }
  }
}

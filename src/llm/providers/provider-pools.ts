import { Injectable, type OnModuleDestroy } from '@nestjs/common';

import { HttpPool } from '../../http-client/http-pool.js';
import type { Cancellation } from '../cancellation.js';
import { HttpExchange } from './http-exchange.js';

/** Where a deployment's requests go, and with which headers. Made once for a deployment: the same one again is cheap. */
export interface Endpoint {
  readonly origin: string;
  /** With its query. */
  readonly path: string;
  /** Name, value, name, value. */
  readonly headers: readonly string[];
}

/** A handshake with a provider far away is dear, and requests of people are seconds apart. */
const keepAliveMs = 30_000;

/** Kept-alive connections to providers, one pool per origin. Origins come from configuration alone. */
@Injectable()
export class ProviderPools implements OnModuleDestroy {
  readonly #pools = new Map<string, HttpPool>();

  /** Sends a POST. Redirects are not followed: an answer of another origin must not see the credentials. */
  post(
    { origin, path, headers }: Endpoint,
    body: Buffer,
    connectTimeoutMs: number,
    cancellation: Cancellation,
  ): HttpExchange {
    const exchange = new HttpExchange(cancellation);
    this.#poolOf(origin, connectTimeoutMs).post(path, headers, body, exchange);
    return exchange;
  }

  onModuleDestroy(): void {
    for (const pool of this.#pools.values()) pool.destroy();
    this.#pools.clear();
  }

  #poolOf(origin: string, connectTimeoutMs: number): HttpPool {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      pool = new HttpPool({ url: new URL(origin), connectTimeoutMs, keepAliveMs });
      this.#pools.set(origin, pool);
    }
    return pool;
  }
}

import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Pool } from 'undici';

import type { Cancellation } from '../cancellation.js';
import { HttpExchange } from './http-exchange.js';

export interface HttpRequest {
  readonly origin: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Kept-alive connections to providers, one pool per origin. Origins come from configuration alone. */
@Injectable()
export class ProviderPools implements OnModuleDestroy {
  readonly #pools = new Map<string, Pool>();

  /** Sends a POST. Redirects are not followed: an answer of another origin must not see the credentials. */
  post(request: HttpRequest, connectTimeoutMs: number, cancellation: Cancellation): HttpExchange {
    const exchange = new HttpExchange(cancellation);
    this.#poolOf(request.origin, connectTimeoutMs).dispatch(
      {
        path: request.path,
        method: 'POST',
        headers: request.headers,
        body: request.body,
      },
      exchange,
    );
    return exchange;
  }

  async onModuleDestroy(): Promise<void> {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #poolOf(origin: string, connectTimeoutMs: number): Pool {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        pipelining: 1,
        keepAliveTimeout: 30_000,
        connect: { timeout: connectTimeoutMs },
        // Time is kept by each attempt, which knows the deployment's own limit.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      this.#pools.set(origin, pool);
    }
    return pool;
  }
}

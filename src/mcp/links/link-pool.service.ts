import { Injectable, type OnModuleDestroy } from '@nestjs/common';

import { encodeFeatures } from '../../core/client-features.js';
import type { Upstream, UpstreamLink } from '../../gateway/upstream-types.js';
import { LentLink } from './lent-link.js';
import type { LinkHolder, LinkSource } from './link-source.js';
import { enterProcess, leaveProcess } from './private-processes.js';

/** A connection that nobody wants again is kept so long. */
const idleMs = 60_000;
const sweepMs = 5_000;

interface Pooled {
  readonly upstream: Upstream;
  /** As it was when the connection was made; what is configured anew leads elsewhere. */
  readonly config: Upstream['config'];
  readonly shelf: string;
  idleSince: number;
}

/**
 * Connections to upstreams that know sessions, lent to the requests of clients that have none: to one request at a time,
 * so that what the upstream asks is asked of the client that made it ask, and again to requests of the same key that
 * can be asked the same, so that not every request starts a process.
 */
@Injectable()
export class LinkPool implements LinkSource, OnModuleDestroy {
  readonly #all = new Map<UpstreamLink, Pooled>();
  readonly #idle = new Map<string, LentLink[]>();
  readonly #sweeper = setInterval(() => this.#sweep(performance.now()), sweepMs).unref();

  take(upstream: Upstream, holder: LinkHolder): UpstreamLink | undefined {
    const shelf = shelfOf(upstream, holder);
    let link = this.#takeIdle(shelf, upstream);
    if (link === undefined) {
      if (!enterProcess(upstream)) return undefined;
      link = new LentLink(upstream, holder);
      this.#all.set(link, { upstream, config: upstream.config, shelf, idleSince: 0 });
    }
    link.lendTo(holder);
    return link;
  }

  give(_upstream: Upstream, link: UpstreamLink): void {
    const pooled = this.#all.get(link);
    if (!(link instanceof LentLink) || pooled === undefined) return;
    link.lendTo(null);
    if (!link.isReusable) {
      this.#close(link);
      return;
    }
    pooled.idleSince = performance.now();
    const shelf = this.#idle.get(pooled.shelf);
    if (shelf === undefined) this.#idle.set(pooled.shelf, [link]);
    else shelf.push(link);
  }

  onModuleDestroy(): void {
    clearInterval(this.#sweeper);
    for (const link of this.#all.keys()) this.#close(link);
    this.#idle.clear();
  }

  #takeIdle(shelf: string, { config }: Upstream): LentLink | undefined {
    const links = this.#idle.get(shelf);
    for (let link = links?.pop(); link !== undefined; link = links?.pop()) {
      if (this.#all.get(link)?.config === config) return link;
      this.#close(link);
    }
    return undefined;
  }

  #sweep(now: number): void {
    for (const [shelf, links] of this.#idle) {
      const isOld = (link: LentLink): boolean => now - (this.#all.get(link)?.idleSince ?? 0) >= idleMs;
      for (const link of links.filter(isOld)) this.#close(link);
      const left = links.filter((link) => this.#all.has(link));
      if (left.length === 0) this.#idle.delete(shelf);
      else this.#idle.set(shelf, left);
    }
  }

  #close(link: UpstreamLink): void {
    const pooled = this.#all.get(link);
    if (pooled === undefined) return;
    this.#all.delete(link);
    leaveProcess(pooled.upstream);
    link.close().catch(() => undefined);
  }
}

function shelfOf({ config }: Upstream, { keyId, features, logLevel }: LinkHolder): string {
  return JSON.stringify([config.id, keyId, encodeFeatures(features), logLevel]);
}

import { Injectable, type OnModuleDestroy } from '@nestjs/common';

import type { Upstream, UpstreamLink } from '../../gateway/upstream-types.js';
import { LentLink } from './lent-link.js';
import type { LinkHolder, LinkSource } from './link-source.js';
import { enterProcess, leaveProcess } from './private-processes.js';

/** A connection that nobody wants again is kept so long. */
const idleMs = 60_000;
const sweepMs = 5_000;
/** Kept for one upstream at once; of a stdio upstream each is a process. */
const maxIdlePerUpstream = 32;

/**
 * Connections to upstreams that know sessions, lent to the requests of clients that have none: to one request at a time,
 * so that what the upstream asks is asked of the client that made it ask, and again to requests of the same key that
 * can be asked the same, so that not every request starts a process.
 */
@Injectable()
export class LinkPool implements LinkSource, OnModuleDestroy {
  /** Longest idle first. */
  #idle: LentLink[] = [];
  readonly #sweeper = setInterval(() => this.#sweep(performance.now()), sweepMs).unref();

  take(upstream: Upstream, holder: LinkHolder): UpstreamLink | undefined {
    if (!enterProcess(upstream)) return undefined;
    const at = this.#idle.findLastIndex((link) => link.suits(upstream, holder));
    const [known] = at < 0 ? [] : this.#idle.splice(at, 1);
    const link = known ?? new LentLink(upstream, holder);
    link.lendTo(holder);
    return link;
  }

  give(upstream: Upstream, link: UpstreamLink): void {
    leaveProcess(upstream);
    if (!(link instanceof LentLink) || !link.isReusable) {
      close(link);
      return;
    }
    link.lendTo(null);
    link.idleSince = performance.now();
    this.#idle.push(link);
    const ofUpstream = this.#idle.filter((it) => it.upstream === upstream);
    if (ofUpstream.length > maxIdlePerUpstream) this.#drop((it) => it === ofUpstream[0]);
  }

  onModuleDestroy(): void {
    clearInterval(this.#sweeper);
    this.#drop(() => true);
  }

  #sweep(now: number): void {
    this.#drop((link) => link.isStale || now - link.idleSince >= idleMs);
  }

  #drop(isUnwanted: (link: LentLink) => boolean): void {
    const unwanted = this.#idle.filter(isUnwanted);
    if (unwanted.length === 0) return;
    this.#idle = this.#idle.filter((link) => !isUnwanted(link));
    unwanted.forEach(close);
  }
}

function close(link: UpstreamLink): void {
  link.close().catch(() => undefined);
}

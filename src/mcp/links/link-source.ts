import type { Upstream, UpstreamClient, UpstreamLink } from '../../gateway/upstream-types.js';

/** Whom a private connection to an upstream is for. */
export interface LinkHolder extends UpstreamClient {
  readonly keyId: string;
  /** Least severe log messages wanted, as of now; null: what upstreams send by themselves. */
  readonly logLevel: string | null;
}

/** Where the private connections of sessions come from, and where they go. */
export interface LinkSource {
  /** undefined: no more of them can be had; the shared connection has to do. */
  take(upstream: Upstream, holder: LinkHolder): UpstreamLink | undefined;
  give(upstream: Upstream, link: UpstreamLink): void;
}

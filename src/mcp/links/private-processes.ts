import type { Upstream } from '../../gateway/upstream-types.js';

/** Connections to one stdio upstream that may belong to single clients: each is a process. */
const maxPerUpstream = 64;
const inUse = new WeakMap<Upstream, number>();

/** Reserves a place for one more private connection. False: there is none. */
export function enterProcess(upstream: Upstream): boolean {
  const count = inUse.get(upstream) ?? 0;
  if (upstream.config.endpoint.kind === 'stdio' && count >= maxPerUpstream) return false;
  inUse.set(upstream, count + 1);
  return true;
}

export function leaveProcess(upstream: Upstream): void {
  inUse.set(upstream, (inUse.get(upstream) ?? 1) - 1);
}

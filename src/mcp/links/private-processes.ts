import type { Upstream } from '../../gateway/upstream-types.js';

/** Connections to one stdio upstream that may belong to single clients: each is a process. */
const maxPerUpstream = 64;
const running = new Map<string, number>();

/** Reserves a place for one more private connection. False: there is none. */
export function enterProcess({ config: { endpoint, name } }: Upstream): boolean {
  if (endpoint.kind !== 'stdio') return true;
  const count = running.get(name) ?? 0;
  if (count >= maxPerUpstream) return false;
  running.set(name, count + 1);
  return true;
}

export function leaveProcess({ config: { endpoint, name } }: Upstream): void {
  if (endpoint.kind === 'stdio') running.set(name, (running.get(name) ?? 1) - 1);
}

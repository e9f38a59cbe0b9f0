import type { LinkSource } from './link-source.js';
import { enterProcess, leaveProcess } from './private-processes.js';

/** Connections that live as long as their session. */
export const ownLinks: LinkSource = {
  take: (upstream, holder) => (enterProcess(upstream) ? upstream.openPrivate(holder) : undefined),
  give(upstream, link) {
    leaveProcess(upstream);
    link.close().catch(() => undefined);
  },
};

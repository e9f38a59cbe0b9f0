import { setLevel, type LinkSource } from './link-source.js';
import { enterProcess, leaveProcess } from './private-processes.js';

/** Connections that live as long as their session. */
export const ownLinks: LinkSource = {
  take(upstream, holder) {
    if (!enterProcess(upstream)) return undefined;
    const link = upstream.openPrivate(holder);
    if (holder.logLevel !== null) setLevel(link, holder.logLevel);
    return link;
  },
  give(upstream, link) {
    leaveProcess(upstream);
    link.close().catch(() => undefined);
  },
};

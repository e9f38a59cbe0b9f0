/** What edges need to know of the registry's shapes. */
export type { Upstream, UpstreamNotification } from '../upstream-registry/upstream.js';

/** What edges need to know of the registry's shapes. */
export {
  ClientRefusal,
  type Upstream,
  type UpstreamClient,
  type UpstreamLink,
  type UpstreamNotification,
} from '../upstream-registry/upstream.js';

/** What edges need to know of the registry's shapes. */
export {
  ClientRefusal,
  type InputPath,
  type RequestClient,
  type Upstream,
  type UpstreamClient,
  type UpstreamLink,
  type UpstreamNotification,
  type UpstreamRequest,
} from '../upstream-registry/upstream.js';

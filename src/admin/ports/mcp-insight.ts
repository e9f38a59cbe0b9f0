import type { PermissionUniverse } from '../../core/permission.js';
import type { Upstream } from '../../upstream-registry/upstream.js';

/** What the administration sees of the gateway. */
export interface McpInsight {
  /** What names in object permissions mean at this moment. */
  readonly universe: PermissionUniverse;
  /** In name order. */
  upstreams(): readonly Upstream[];
}
export const MCP_INSIGHT = Symbol('MCP_INSIGHT');

import type { PermissionUniverse } from '../../core/permission.js';

/** What names in object permissions mean at this moment. */
export interface UniverseSource {
  readonly universe: PermissionUniverse;
}
export const UNIVERSE_SOURCE = Symbol('UNIVERSE_SOURCE');

import type { IncomingHttpHeaders } from 'node:http';

import type { ClientFeatures } from '../core/client-features.js';
import type { Principal } from '../core/principal.js';
import type { Surface } from '../metrics/call-series.js';
import type { Upstream, UpstreamLink } from '../upstream-registry/upstream.js';
import type { Scope } from './scope.js';

/** Who asks through the one door, and on whose behalf an upstream is asked. */
export interface Caller {
  readonly principal: Principal;
  readonly scope: Scope;
  readonly surface: Surface;
  readonly requestId: string;
  readonly sessionId: string | null;
  /** What the client can be asked; left out: nothing. */
  readonly features?: ClientFeatures;
  /** The client's request headers; only those an upstream is configured to receive are copied. */
  readonly headers: IncomingHttpHeaders;
  /** The session's own connection to an upstream, where it has one; otherwise the shared one is used. */
  linkTo?(upstream: Upstream): UpstreamLink | undefined;
}

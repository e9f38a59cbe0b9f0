import type { Principal } from '../core/principal.js';
import type { ClientConnection } from './relay/client-connection.js';
import type { Metering } from './usage/metering.js';

/** One request of a client for a model: who asks, where the answer goes, what it used. */
export interface CallContext {
  readonly principal: Principal;
  readonly requestId: string;
  readonly client: ClientConnection;
  readonly metering: Metering;
}

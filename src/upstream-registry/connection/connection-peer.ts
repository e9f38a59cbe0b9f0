import type { UpstreamCall, UpstreamNotification, UpstreamRequest } from '../upstream.js';
import type { TransportFault } from '../transports/transport-fault.js';
import type { AnswerRequest } from './client-requests.js';
import type { Connection } from './connection.js';
import type { ListKind } from './list-kind.js';
import type { PendingCall } from './pending-call.js';

/** Who a connection belongs to. */
export interface ConnectionPeer {
  readonly answerRequest: AnswerRequest;
  /** Makes a request of its own, e.g. once more with what the upstream wanted to know. */
  request(request: UpstreamRequest): UpstreamCall;
  onNotification(notification: UpstreamNotification): void;
  onListChanged(kind: ListKind): void;
  /** This call is to be sent once more, on another connection than this. */
  onInterrupted(connection: Connection, call: PendingCall): void;
  /** The connection is over; its calls have failed already. */
  onLost(connection: Connection, fault: TransportFault): void;
  onSuspicion(connection: Connection): void;
}

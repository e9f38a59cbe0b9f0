import type { Era } from '../../../core/protocol-version.js';
import type { JsonBytes, RpcErrorObject } from '../../../core/rpc.js';
import type { UpstreamNotification } from '../../upstream.js';
import type { TransportFault } from '../../transports/transport-fault.js';
import type { PendingCall } from '../pending-call.js';

/** How a connection speaks: what differs between the eras of MCP, and nothing else. */
export interface Dialect {
  readonly era: Era;
  /** Puts a call on its way, or answers it where this era has no such request. */
  dispatch(call: PendingCall): void;
  /** Nobody waits for this call any more; the transport lets go of it besides. */
  withdraw(call: PendingCall, reason: string): void;
  onResult(call: PendingCall, result: JsonBytes): void;
  onError(call: PendingCall, error: RpcErrorObject): void;
  /** Whether this error may come without the id of the request it is about. */
  leavesIdsOut(error: RpcErrorObject): boolean;
  /** A request of the upstream; `idJson` and `paramsJson` are JSON text. */
  onRequest(method: string, idJson: string, paramsJson: string): void;
  onCancelled(paramsJson: string): void;
  /** A notification that is neither progress nor a list change. `call` is the one on whose stream it came. */
  onNotification(notification: UpstreamNotification, call: PendingCall | undefined): void;
  /** An answer to, or the end of, a request that is no call. False: this one is unknown. */
  onStreamEnd(id: number, fault: TransportFault | null): boolean;
  /** Whether a fault shows that the upstream is of another era, and that the request did not run. */
  isMistaken(fault: TransportFault): boolean;
  /** The handshake is over. */
  listen(): void;
  close(): void;
}

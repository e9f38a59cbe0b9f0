import type { TransportKind } from '../../core/upstream.js';
import type { TransportFault } from './transport-fault.js';

/** A JSON-RPC request on its way to an upstream. */
export interface OutgoingRequest {
  readonly id: number;
  /** The whole message, JSON text. */
  readonly body: string;
  /** Headers of this request alone; transports without headers ignore them. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  /**
   * Headers of the protocol itself, name and value in turn, for a request of the stateless revision: it belongs to no
   * session, and the end of its stream is its end. undefined: a request of the session.
   */
  readonly stateless: readonly string[] | undefined;
}

/** What became of a message that was handed to the listener. */
export type MessageFate =
  /** It was the answer to the request on whose stream it came. */
  | 'answered'
  /** A notification, a request of the upstream, or the answer to another request of a shared stream. */
  | 'taken'
  /** An answer nobody waits for: unknown, foreign or second. Counted and forgotten. */
  | 'dropped'
  /** Not a JSON-RPC message. */
  | 'invalid';

/** Who a transport tells. Called from I/O callbacks; never throws. */
export interface TransportListener {
  /**
   * One message, its bytes in one piece or several.
   * @param streamOf id of the request on whose own stream it came; 0 = a stream shared by all
   */
  onMessage(chunks: readonly Buffer[], streamOf: number): MessageFate;
  /** The request will get no answer. An id that nobody waits for is ignored. */
  onRequestFault(id: number, fault: TransportFault): void;
  /** The transport is over; it carries nothing any more. Told once, and not after `close`. */
  onLost(fault: TransportFault): void;
  /** Something hints that the upstream may have gone; worth a ping. */
  onSuspicion(): void;
}

/**
 * Carries JSON-RPC messages between one connection and one upstream. It knows framing, HTTP and processes, but not
 * what the messages mean. Opened once, closed once, not reused.
 */
export interface Transport {
  readonly kind: TransportKind;
  /** Whether answers come on the one stream shared by all; otherwise each comes on its own request's stream. */
  readonly hasSharedAnswers: boolean;
  /** Resolves when requests can be sent; rejects with a TransportFault. */
  open(): Promise<void>;
  /** The upstream has answered the handshake: from now on messages carry the negotiated version. */
  established(protocolVersion: string): void;
  /** The handshake is over: what the upstream sends unasked may come. */
  listen(): void;
  request(request: OutgoingRequest): void;
  /**
   * A message that has no answer: a notification, or our response to a request of the upstream. Never rejects;
   * resolves when the upstream has it, as far as the transport can know, or to the fault that kept it from arriving.
   */
  send(body: string): Promise<TransportFault | null>;
  /** Nobody waits for the answer to this request any more; what it holds is let go. */
  abandon(id: number): void;
  /** Ends everything the transport holds: sockets, streams, processes. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** Caps and times of a transport (contract section 8). */
export interface TransportLimits {
  /** One message, decompressed. */
  readonly messageBytes: number;
  readonly connectTimeoutMs: number;
}

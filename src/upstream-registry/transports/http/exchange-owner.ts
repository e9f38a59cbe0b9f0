import type { ReplyHead } from '../../../http-client/reply-head.js';
import type { FaultStage, TransportFault } from '../transport-fault.js';
import type { OutgoingRequest, TransportLimits, TransportListener } from '../transport.js';
import type { HttpExchange } from './http-exchange.js';

/** The transport an exchange belongs to. */
export interface ExchangeOwner {
  readonly listener: TransportListener;
  readonly limits: TransportLimits;
  /** Whether requests name a session now. */
  readonly hasSession: boolean;
  onReplyHead(head: ReplyHead): void;
  /** Takes the request over to another address; false when that may not be followed. */
  redirect(exchange: HttpExchange, location: string): boolean;
  /** Takes a stream up again that broke off before the answer. */
  resume(subject: ExchangeSubject, delayMs: number): void;
  /** Its answer is there, but its stream is still open. */
  linger(exchange: HttpExchange): void;
  /** Told once. `fault`: the request got no answer. */
  ended(exchange: HttpExchange, fault: TransportFault | null): void;
}

/** What is sent, and what it is sent for. */
export interface ExchangeSubject {
  readonly request: OutgoingRequest;
  readonly stage: FaultStage;
  /** How often it was redirected already. */
  readonly redirects: number;
  /** Event id from which a reply that had begun is taken up again; empty = it has not begun. */
  readonly resumedFrom: string;
}

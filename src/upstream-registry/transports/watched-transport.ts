import type { TransportKind } from '../../core/upstream.js';
import type { Redactor } from '../redactor.js';
import type { TransportFault } from './transport-fault.js';
import { upstreamTraffic, type UpstreamTraffic } from './traffic-channel.js';
import type { MessageFate, OutgoingRequest, Transport, TransportListener } from './transport.js';

/** What is shown of a connection's messages goes through here. */
export class TrafficTap {
  constructor(
    private readonly upstream: string,
    private readonly redactor: Redactor,
  ) {}

  show(direction: UpstreamTraffic['direction'], body: string): void {
    const shown: UpstreamTraffic = { direction, upstream: this.upstream, body: this.redactor.text(body) };
    upstreamTraffic.publish(shown);
  }
}

/** A listener that shows what it is told before it hears it. */
export function watchedListener(listener: TransportListener, tap: TrafficTap): TransportListener {
  return {
    onMessage: (chunks: readonly Buffer[], streamOf: number): MessageFate => {
      tap.show('from_upstream', Buffer.concat(chunks).toString());
      return listener.onMessage(chunks, streamOf);
    },
    onRequestFault: (id: number, fault: TransportFault) => listener.onRequestFault(id, fault),
    onLost: (fault: TransportFault) => listener.onLost(fault),
    onSuspicion: () => listener.onSuspicion(),
  };
}

/** A transport that shows what it is given to carry. */
export class WatchedTransport implements Transport {
  constructor(
    private readonly carrier: Transport,
    private readonly tap: TrafficTap,
  ) {}

  get kind(): TransportKind {
    return this.carrier.kind;
  }

  get hasSharedAnswers(): boolean {
    return this.carrier.hasSharedAnswers;
  }

  open(): Promise<void> {
    return this.carrier.open();
  }

  established(protocolVersion: string): void {
    this.carrier.established(protocolVersion);
  }

  listen(): void {
    this.carrier.listen();
  }

  request(request: OutgoingRequest): void {
    this.tap.show('to_upstream', request.body);
    this.carrier.request(request);
  }

  send(body: string): Promise<TransportFault | null> {
    this.tap.show('to_upstream', body);
    return this.carrier.send(body);
  }

  abandon(id: number): void {
    this.carrier.abandon(id);
  }

  close(): Promise<void> {
    return this.carrier.close();
  }
}

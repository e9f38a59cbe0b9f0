import { HttpPool } from '../../../http-client/http-pool.js';
import { gateOf } from '../../address/reach.js';
import type { ServerSentEvent } from '../event-splitter.js';
import type { OutgoingRequest, Transport, TransportLimits, TransportListener } from '../transport.js';
import { TransportFault } from '../transport-fault.js';
import { EventStream, type EventStreamListener } from './event-stream.js';
import { invalidFault } from './http-fault.js';
import { HttpReceipt } from './http-receipt.js';
import { RequestHeaders, type RemoteEndpoint } from './request-headers.js';

const postHeaders = [
  'content-type',
  'application/json',
  'accept',
  'application/json, text/event-stream',
  'accept-encoding',
  'identity',
];
const streamHeaders = ['accept', 'text/event-stream', 'accept-encoding', 'identity'];

const maxEndpointBytes = 4_096;

/**
 * HTTP+SSE of revision 2024-11-05: one GET stream on which all answers come; its first event, `endpoint`, names where
 * to POST. The end of the stream is the end of the session.
 */
export class HttpSseTransport implements Transport, EventStreamListener {
  readonly kind = 'sse';
  readonly hasSharedAnswers = true;
  readonly #headers: RequestHeaders;
  readonly #pool: HttpPool;
  #postHeaders: string[];
  #postPath: string | null = null;
  #stream: EventStream | null = null;
  #opening: { resolve: () => void; reject: (fault: TransportFault) => void; timer: NodeJS.Timeout } | null =
    null;
  #isOver = false;
  #closing: Promise<void> | null = null;

  constructor(
    private readonly endpoint: RemoteEndpoint,
    private readonly limits: TransportLimits,
    private readonly listener: TransportListener,
  ) {
    this.#headers = new RequestHeaders(endpoint);
    this.#pool = new HttpPool({
      url: endpoint.url,
      gate: gateOf(endpoint.reach),
      connectTimeoutMs: limits.connectTimeoutMs,
    });
    this.#postHeaders = this.#headers.with(postHeaders);
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.onEnd(invalidFault('endpoint', 'did not name its endpoint in time')),
        this.limits.connectTimeoutMs,
      );
      this.#opening = { resolve, reject, timer };
      this.#stream = new EventStream(this, this.limits.messageBytes, () => undefined);
      const { pathname, search } = this.endpoint.url;
      this.#pool.get(pathname + search, this.#headers.with(streamHeaders), this.#stream);
    });
  }

  established(protocolVersion: string): void {
    this.#postHeaders = this.#headers.with([...postHeaders, 'mcp-protocol-version', protocolVersion]);
  }

  listen(): void {
    // The stream has been open all along.
  }

  request(request: OutgoingRequest): void {
    this.#post(request, (fault) => {
      if (fault !== null) this.listener.onRequestFault(request.id, fault);
    });
  }

  send(body: string): Promise<TransportFault | null> {
    return new Promise((onEnd) =>
      this.#post({ id: 0, body, headers: undefined, stateless: undefined }, onEnd),
    );
  }

  abandon(): void {
    // The POST is over once it is acknowledged; nothing is held for the answer.
  }

  close(): Promise<void> {
    this.#isOver = true;
    return (this.#closing ??= this.#close());
  }

  onEvent({ type, data }: ServerSentEvent): void {
    if (type === 'endpoint') this.#onEndpoint(Buffer.concat(data).toString('utf8', 0, maxEndpointBytes));
    else if (type === 'message' && data.length > 0) this.listener.onMessage(data, 0);
  }

  onEnd(fault: TransportFault): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const opening = this.#opening;
    this.#opening = null;
    void this.close();
    if (opening === null) this.listener.onLost(fault);
    else {
      clearTimeout(opening.timer);
      opening.reject(fault);
    }
  }

  /** A relative or absolute address, of the stream's own origin: credentials go nowhere else. */
  #onEndpoint(address: string): void {
    const { url } = this.endpoint;
    const opening = this.#opening;
    if (opening === null) return;
    const target = URL.canParse(address, url.href) ? new URL(address, url) : null;
    if (target?.origin !== url.origin) {
      this.#stream?.close();
      this.onEnd(invalidFault('endpoint', 'named an endpoint of another origin'));
      return;
    }
    this.#postPath = target.pathname + target.search;
    this.#opening = null;
    clearTimeout(opening.timer);
    opening.resolve();
  }

  /** The session is in the POST address, so an unknown one shows in the same statuses as one in a header. */
  #post(request: OutgoingRequest, onEnd: (fault: TransportFault | null) => void): void {
    if (this.#isOver || this.#postPath === null) {
      onEnd(new TransportFault('UPSTREAM_UNAVAILABLE', 'stream', 'closed the event stream'));
      return;
    }
    const headers =
      request.headers === undefined
        ? this.#postHeaders
        : this.#headers.forwarding(this.#postHeaders, request.headers);
    this.#pool.post(this.#postPath, headers, request.body, new HttpReceipt('call', true, onEnd));
  }

  #close(): Promise<void> {
    this.#stream?.close();
    this.#pool.destroy();
    return Promise.resolve();
  }
}

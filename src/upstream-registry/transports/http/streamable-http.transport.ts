import { IdMap } from '../../../core/id-map.js';
import { HttpPool } from '../../../http-client/http-pool.js';
import type { ReplyHandler } from '../../../http-client/reply-handler.js';
import type { ReplyHead } from '../../../http-client/reply-head.js';
import { gateOf } from '../../address/reach.js';
import type { OutgoingRequest, Transport, TransportLimits, TransportListener } from '../transport.js';
import type { TransportFault } from '../transport-fault.js';
import type { ExchangeOwner, ExchangeSubject } from './exchange-owner.js';
import { HttpExchange } from './http-exchange.js';
import { HttpReceipt } from './http-receipt.js';
import { LingeringExchanges } from './lingering-exchanges.js';
import { RequestHeaders, type RemoteEndpoint } from './request-headers.js';
import { ServerStream } from './server-stream.js';

const maxRedirects = 3;
/** A farewell is worth so long and no longer. */
const deleteTimeoutMs = 500;

const postHeaders = [
  'content-type',
  'application/json',
  'accept',
  'application/json, text/event-stream',
  'accept-encoding',
  'identity',
];
const getHeaders = ['accept', 'text/event-stream', 'accept-encoding', 'identity'];

/**
 * Streamable HTTP (specification, basic/transports): every message is a POST, answered in JSON or as an event stream.
 * Up to 2025-11-25 with a session, and one GET stream for what the upstream sends unasked; since 2026-07-28 without.
 */
export class StreamableHttpTransport implements Transport, ExchangeOwner {
  readonly kind = 'http';
  readonly hasSharedAnswers = false;
  readonly #headers: RequestHeaders;
  readonly #pool: HttpPool;
  readonly #exchanges = new IdMap<HttpExchange>();
  readonly #lingering = new LingeringExchanges();
  #path: string;
  #sessionId: string | null = null;
  #protocolVersion: string | null = null;
  #postHeaders: string[];
  #serverStream: ServerStream | null = null;
  #closing: Promise<void> | null = null;

  constructor(
    private readonly endpoint: RemoteEndpoint,
    readonly limits: TransportLimits,
    readonly listener: TransportListener,
  ) {
    this.#headers = new RequestHeaders(endpoint);
    this.#pool = new HttpPool({
      url: endpoint.url,
      gate: gateOf(endpoint.reach),
      connectTimeoutMs: limits.connectTimeoutMs,
    });
    this.#path = endpoint.url.pathname + endpoint.url.search;
    this.#postHeaders = this.#headers.with(postHeaders);
  }

  get hasSession(): boolean {
    return this.#sessionId !== null;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  established(protocolVersion: string): void {
    this.#protocolVersion = protocolVersion;
    this.#postHeaders = this.#withSession(postHeaders);
  }

  listen(): void {
    this.#serverStream = new ServerStream(
      (lastEventId, handler) => this.#get(lastEventId, handler),
      this.limits.messageBytes,
      this.listener,
    );
    this.#serverStream.open();
  }

  request(request: OutgoingRequest): void {
    this.#post({ request, stage: 'call', redirects: 0, resumedFrom: '' });
  }

  send(body: string): Promise<TransportFault | null> {
    return new Promise((resolve) => {
      this.#pool.post(this.#path, this.#postHeaders, body, new HttpReceipt('call', this.hasSession, resolve));
    });
  }

  abandon(id: number): void {
    this.#exchanges.get(id)?.abandon();
    this.#exchanges.delete(id);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  onReplyHead(head: ReplyHead): void {
    if (this.#protocolVersion !== null || head.sessionId === null) return;
    this.#sessionId = head.sessionId;
    this.#postHeaders = this.#withSession(postHeaders);
  }

  /** Only within the origin, so that credentials never leave it, and only 307 and 308, which keep the method. */
  redirect({ subject }: HttpExchange, location: string): boolean {
    const base = new URL(this.#path, this.endpoint.url);
    if (subject.redirects >= maxRedirects || !URL.canParse(location, base.href)) return false;
    const target = new URL(location, base);
    if (target.origin !== base.origin) return false;
    this.#path = target.pathname + target.search;
    this.#post({ ...subject, redirects: subject.redirects + 1 });
    return true;
  }

  resume(subject: ExchangeSubject, delayMs: number): void {
    const { id } = subject.request;
    const next = new HttpExchange(this, subject);
    this.#exchanges.set(id, next);
    const timer = setTimeout(() => {
      if (this.#exchanges.get(id) === next) this.#get(subject.resumedFrom, next);
    }, delayMs);
    timer.unref();
  }

  linger(exchange: HttpExchange): void {
    this.#lingering.add(exchange);
  }

  ended(exchange: HttpExchange, fault: TransportFault | null): void {
    const { id } = exchange.subject.request;
    if (this.#exchanges.get(id) === exchange) this.#exchanges.delete(id);
    this.#lingering.delete(exchange);
    if (fault !== null) this.listener.onRequestFault(id, fault);
  }

  async #close(): Promise<void> {
    this.#serverStream?.close();
    this.#lingering.close();
    for (const exchange of this.#exchanges.values()) exchange.abandon();
    this.#exchanges.clear();
    await this.#endSession();
    this.#pool.destroy();
  }

  #endSession(): Promise<void> {
    if (this.#sessionId === null) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, deleteTimeoutMs);
      const onEnd = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#pool.delete(this.#path, this.#withSession([]), new HttpReceipt('call', true, onEnd));
    });
  }

  #post(subject: ExchangeSubject): void {
    const { request } = subject;
    const exchange = new HttpExchange(this, subject);
    this.#exchanges.set(request.id, exchange);
    const own =
      request.stateless === undefined ? this.#postHeaders : this.#statelessHeaders(request.stateless);
    const headers = request.headers === undefined ? own : this.#headers.forwarding(own, request.headers);
    this.#pool.post(this.#path, headers, request.body, exchange);
  }

  #statelessHeaders(protocol: readonly string[]): string[] {
    return this.#headers.with([...postHeaders, ...protocol]);
  }

  #get(lastEventId: string, handler: ReplyHandler): void {
    const headers = this.#withSession(getHeaders);
    if (lastEventId !== '') headers.push('last-event-id', lastEventId);
    this.#pool.get(this.#path, headers, handler);
  }

  #withSession(protocol: readonly string[]): string[] {
    const headers = [...protocol];
    if (this.#protocolVersion !== null) headers.push('mcp-protocol-version', this.#protocolVersion);
    if (this.#sessionId !== null) headers.push('mcp-session-id', this.#sessionId);
    return this.#headers.with(headers);
  }
}

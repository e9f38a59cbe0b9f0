import { randomBytes } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { GATEWAY_CONFIG } from '../config/config.module.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import { headerOf, type GatewayRequest, type GatewayResponse } from '../http/gateway-request.js';
import { sendEmpty } from '../http/send.js';
import { SseStream } from '../http/sse-stream.js';
import { StreamBeat } from './beating.js';
import { Dispatcher, needsAnswer, openingRequest } from './dispatcher.service.js';
import { claimsOf } from './handlers/lifecycle.handlers.js';
import { HeartbeatService } from './heartbeat.service.js';
import type { McpSession } from './mcp-session.js';
import { PostExchange } from './post-exchange.js';
import { primesStreams } from './protocol-version.js';
import { parseEventId } from './replay-buffer.js';
import { checkBatch, checkVersionHeader, scopeOf } from './request-checks.js';
import type { ParsedBody, RpcRequest } from './rpc-message.js';
import { SessionRegistry } from './session-registry.service.js';

/** When a client may come back to a stream that broke off. */
const retryMs = 1_000;

/** Stream names differ between processes, so that an event id from before a restart is never taken for a new one. */
const processTag = randomBytes(6).toString('hex');

/** Streamable HTTP of 2025-03-26 to 2025-11-25: sessions, one POST per message, resumable answers. */
@Injectable()
export class StreamableHttp {
  #streamCount = 0;

  constructor(
    private readonly sessions: SessionRegistry,
    private readonly dispatcher: Dispatcher,
    private readonly heartbeats: HeartbeatService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  post(request: GatewayRequest, response: GatewayResponse, principal: Principal, body: ParsedBody): void {
    const opening = openingRequest(body);
    const session =
      opening === null ? this.#sessionOf(request, principal) : this.#open(request, principal, opening);
    checkBatch(body, session.protocolVersion);
    this.#answer(request, response, session, body, opening !== null);
  }

  /** The session's stream for what belongs to no request; or, with Last-Event-ID, the rest of an answer. */
  get(request: GatewayRequest, response: GatewayResponse, principal: Principal): void {
    const session = this.#sessionOf(request, principal);
    const lastEventId = headerOf(request, 'last-event-id');
    const open = (): SseStream => SseStream.open(request, response, this.config.limits.sendBufferBytes);
    if (lastEventId === undefined) {
      this.#listen(session, open(), response);
      return;
    }
    const position = parseEventId(lastEventId);
    const interrupted = position === null ? undefined : session.exchanges.get(position.streamName);
    // Only answers have event ids. A new stream in place of an old answer would take the session's own one from it.
    if (position === null || interrupted?.resume(open, position.sequence) !== true) {
      throw new GatewayError('INVALID_REQUEST', {
        param: 'Last-Event-ID',
        message:
          'No stream with this event id can be resumed: its request is answered, cancelled or forgotten.',
      });
    }
    this.#watchConnection(response, session, interrupted);
  }

  delete(request: GatewayRequest, response: GatewayResponse, principal: Principal): void {
    this.#sessionOf(request, principal).end('ended by the client');
    sendEmpty(request, response, 200);
  }

  #open(request: GatewayRequest, principal: Principal, { params }: RpcRequest): McpSession {
    checkVersionHeader(request);
    return this.sessions.openStreamable(principal, scopeOf(request), claimsOf(params));
  }

  #sessionOf(request: GatewayRequest, principal: Principal): McpSession {
    checkVersionHeader(request);
    const id = headerOf(request, 'mcp-session-id');
    if (id === undefined) throw new GatewayError('MISSING_SESSION', { param: 'Mcp-Session-Id' });
    return this.sessions.find(id, 'streamable', principal, scopeOf(request));
  }

  #answer(
    request: GatewayRequest,
    response: GatewayResponse,
    session: McpSession,
    body: ParsedBody,
    isOpening: boolean,
  ): void {
    const awaited = body.messages.filter(needsAnswer).length;
    if (awaited === 0) {
      for (const message of body.messages) this.dispatcher.receive(session, message);
      sendEmpty(request, response, 202);
      return;
    }
    const exchange = new PostExchange(
      request,
      response,
      {
        name: `${processTag}${(this.#streamCount++).toString(36)}`,
        maxBufferedBytes: this.config.limits.sendBufferBytes,
        isResumable: true,
        ...(primesStreams(session.protocolVersion) ? { retryMs } : {}),
        ...(isOpening ? { headers: { 'Mcp-Session-Id': session.id } } : {}),
        onStreaming: (it) => session.exchanges.set(it.name, it),
        onDone: (it) => {
          this.heartbeats.remove(it);
          if (it.isStreaming && !response.destroyed) session.exchanges.delete(it.name);
        },
      },
      awaited,
      body.isBatch,
    );
    this.heartbeats.add(exchange);
    for (const message of body.messages) this.dispatcher.dispatch(session, message, exchange, request);
    if (!exchange.isDone) this.#watchConnection(response, session, exchange);
  }

  /** A client that is gone does not mean cancel here; but an answer nobody can fetch any more is called off. */
  #watchConnection(response: GatewayResponse, session: McpSession, exchange: PostExchange): void {
    response.once('close', () => {
      if (exchange.isDone && response.writableFinished) {
        session.exchanges.delete(exchange.name);
        return;
      }
      const connection = exchange.connection;
      setTimeout(() => {
        if (exchange.connection !== connection) return;
        session.exchanges.delete(exchange.name);
        exchange.cancel('the client is gone');
      }, this.config.mcp.disconnectGraceMs).unref();
    });
  }

  #listen(session: McpSession, stream: SseStream, response: GatewayResponse): void {
    session.stream?.end();
    session.stream = stream;
    const beating = new StreamBeat(stream);
    this.heartbeats.add(beating);
    response.once('close', () => {
      this.heartbeats.remove(beating);
      stream.end();
      if (session.stream === stream) session.stream = null;
    });
  }
}

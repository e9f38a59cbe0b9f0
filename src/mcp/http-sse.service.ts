import { Inject, Injectable } from '@nestjs/common';

import { GATEWAY_CONFIG } from '../config/config.module.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { RandomDigits } from '../core/random-digits.js';
import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import { atEndOfTurn } from '../core/turn.js';
import { queryOf, type GatewayRequest, type GatewayResponse } from '../http/gateway-request.js';
import { baseHeaders } from '../http/send.js';
import { SseStream } from '../http/sse-stream.js';
import { noFeatures } from '../core/client-features.js';
import { StreamBeat } from './beating.js';
import { Dispatcher } from './dispatcher.service.js';
import { HeartbeatService } from './heartbeat.service.js';
import { checkBatch, scopeOf } from './request-checks.js';
import type { ParsedBody } from './rpc-message.js';
import { SessionRegistry } from './session-registry.service.js';
import { StreamExchange } from './stream-exchange.js';

/** Where an HTTP+SSE client posts its messages. */
const messagesPath = '/mcp/sse/messages';

/** HTTP+SSE of 2024-11-05: one event stream that is the session, and POSTs that are answered on it. */
@Injectable()
export class HttpSse {
  readonly #random = new RandomDigits();

  constructor(
    private readonly sessions: SessionRegistry,
    private readonly dispatcher: Dispatcher,
    private readonly heartbeats: HeartbeatService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  open(request: GatewayRequest, response: GatewayResponse, principal: Principal): void {
    const session = this.sessions.openSse({
      id: this.#random.next(16),
      principal,
      scope: scopeOf(request),
      protocolVersion: '2024-11-05',
      clientFeatures: noFeatures,
    });
    const stream = SseStream.open(request, response, this.config.limits.sendBufferBytes);
    session.stream = stream;
    const beating = new StreamBeat(stream);
    this.heartbeats.add(beating);
    response.once('close', () => {
      this.heartbeats.remove(beating);
      session.end('the stream was closed');
    });
    stream.event('endpoint', `${messagesPath}?session_id=${session.id}`);
  }

  /** Accepts one message; its answer comes on the session's stream. */
  message(request: GatewayRequest, response: GatewayResponse, principal: Principal, body: ParsedBody): void {
    const id = queryOf(request).get('session_id');
    if (id === null || id === '') {
      throw new GatewayError('INVALID_REQUEST', { param: 'session_id', message: 'session_id is required' });
    }
    const session = this.sessions.find(id, 'sse', principal, scopeOf(request));
    if (session.stream === null) throw new GatewayError('SESSION_NOT_FOUND');
    checkBatch(body, session.protocolVersion);
    const [only] = body.messages;
    if (!body.isBatch && only?.kind === 'invalid') {
      throw new GatewayError('INVALID_REQUEST', { message: only.reason });
    }
    response.writeHead(202, { ...baseHeaders(request, 'text/plain; charset=utf-8'), 'Content-Length': 8 });
    atEndOfTurn(() => response.end('Accepted'));
    const exchange = new StreamExchange(session.stream);
    for (const message of body.messages) this.dispatcher.dispatch(session, message, exchange, request);
  }
}

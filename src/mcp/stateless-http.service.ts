import { Inject, Injectable } from '@nestjs/common';

import { GATEWAY_CONFIG } from '../config/config.module.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { envelopeKey } from '../core/envelope.js';
import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.js';
import { sendEmpty } from '../http/send.js';
import { Dispatcher } from './dispatcher.service.js';
import { HeartbeatService } from './heartbeat.service.js';
import type { McpSession } from './mcp-session.js';
import { openEnvelope } from './modern-envelope.js';
import { ModernExchange, resultMembers } from './modern-exchange.js';
import { checkParamHeaders } from './param-header-check.js';
import { PostExchange } from './post-exchange.js';
import { modernVersion } from '../core/protocol-version.js';
import { RequestStates } from './request-states.service.js';
import type { ParsedBody, RpcRequest } from './rpc-message.js';
import { instructionsOf, serverCapabilities, serverInfo } from './server-description.js';
import { StatelessSessions } from './stateless-sessions.service.js';
import { SubscriptionService } from './subscription.service.js';

/** The stateless revision 2026-07-28: every request stands for itself; closing the response cancels it. */
@Injectable()
export class StatelessHttp {
  constructor(
    private readonly sessions: StatelessSessions,
    private readonly dispatcher: Dispatcher,
    private readonly heartbeats: HeartbeatService,
    private readonly subscriptions: SubscriptionService,
    private readonly states: RequestStates,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  post(request: GatewayRequest, response: GatewayResponse, principal: Principal, body: ParsedBody): void {
    const [message] = body.messages;
    if (body.isBatch || message === undefined) {
      throw new GatewayError('INVALID_REQUEST', {
        message: `Protocol version ${modernVersion} has no batches: send one message at a time.`,
      });
    }
    if (message.kind === 'notification') {
      sendEmpty(request, response, 202);
      return;
    }
    if (message.kind !== 'request') {
      throw new GatewayError('INVALID_REQUEST', {
        message: `Protocol version ${modernVersion} takes requests and notifications only.`,
      });
    }
    this.#answer(request, response, principal, message);
  }

  #answer(
    request: GatewayRequest,
    response: GatewayResponse,
    principal: Principal,
    message: RpcRequest,
  ): void {
    const envelope = openEnvelope(request, message);
    const session = this.sessions.open(request, principal, envelope);
    checkParamHeaders(request, session.view(), message);
    if (message.method === 'subscriptions/listen') {
      this.subscriptions.listen(request, response, session, message);
      return;
    }
    const { parked, upstreamState } = this.states.resume(principal, message);
    const target = { post: this.#open(request, response), id: message.id };
    if (parked !== null) {
      parked.resume(target, message.params['inputResponses']);
      return;
    }
    const exchange = new ModernExchange(target, message.method, {
      features: envelope.features,
      upstreamState,
      seal: (state) => this.states.seal(principal, message, state),
      park: (it) => this.states.park(principal, message, it),
      onEnd: () => session.end('answered'),
    });
    if (!Object.hasOwn(resultMembers, message.method)) {
      exchange.fail(message.id, { code: -32601, message: `Method not found: ${message.method}` });
    } else if (message.method === 'server/discover') exchange.reply(message.id, discovery(session));
    else this.dispatcher.dispatch(session, message, exchange, request);
  }

  /** The response to one POST. Closing it calls off what it waits for, unless that waits for the client's input. */
  #open(request: GatewayRequest, response: GatewayResponse): PostExchange {
    const post = new PostExchange(
      request,
      response,
      {
        name: '',
        maxBufferedBytes: this.config.limits.sendBufferBytes,
        isResumable: false,
        onDone: (it) => this.heartbeats.remove(it),
      },
      1,
      false,
    );
    this.heartbeats.add(post);
    response.once('close', () => {
      this.heartbeats.remove(post);
      if (!post.isDone) post.cancel('the client closed the response');
    });
    return post;
  }
}

function discovery(session: McpSession): string {
  const view = session.viewOrNull();
  const instructions = view === null ? null : instructionsOf(view);
  return JSON.stringify({
    supportedVersions: [modernVersion],
    capabilities: serverCapabilities,
    serverInfo,
    ...(instructions === null ? {} : { instructions }),
    _meta: { [envelopeKey.serverInfo]: serverInfo },
  });
}

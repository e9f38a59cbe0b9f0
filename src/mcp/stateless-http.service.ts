import { Inject, Injectable } from '@nestjs/common';

import { GATEWAY_CONFIG } from '../config/config.module.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { envelopeKey } from '../core/envelope.js';
import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import { GatewayService } from '../gateway/gateway.service.js';
import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.js';
import { sendEmpty } from '../http/send.js';
import { featuresOf } from '../core/client-features.js';
import { Dispatcher } from './dispatcher.service.js';
import { HeartbeatService } from './heartbeat.service.js';
import { McpSession } from './mcp-session.js';
import { openEnvelope } from './modern-envelope.js';
import { ModernExchange, resultMembers } from './modern-exchange.js';
import { ParkedCalls } from './parked-calls.service.js';
import { PostExchange } from './post-exchange.js';
import { latestLegacyVersion, modernVersion } from '../core/protocol-version.js';
import { scopeOf } from './request-checks.js';
import type { ParsedBody, RpcRequest } from './rpc-message.js';
import { instructionsOf, serverCapabilities, serverInfo } from './server-description.js';
import { SubscriptionService } from './subscription.service.js';

/** The stateless revision 2026-07-28: every request stands for itself; closing the response cancels it. */
@Injectable()
export class StatelessHttp {
  constructor(
    private readonly gateway: GatewayService,
    private readonly dispatcher: Dispatcher,
    private readonly heartbeats: HeartbeatService,
    private readonly subscriptions: SubscriptionService,
    private readonly parked: ParkedCalls,
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
    const capabilities = openEnvelope(request, message);
    const session = new McpSession(
      {
        id: request.requestId,
        kind: 'stateless',
        principal,
        scope: scopeOf(request),
        protocolVersion: latestLegacyVersion,
        clientFeatures: featuresOf(capabilities),
      },
      this.gateway,
    );
    session.view();
    if (message.method === 'subscriptions/listen') {
      this.subscriptions.listen(request, response, session, message);
      return;
    }
    const post = this.#open(request, response);
    const target = { post, id: message.id };
    const { requestState, inputResponses } = message.params;
    if (this.parked.isOurs(requestState)) {
      this.parked.take(requestState, principal.keyId).resume(target, inputResponses);
      return;
    }
    const exchange = new ModernExchange(target, message.method, {
      park: (it) => this.parked.park(principal.keyId, it),
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

import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';

import { Authenticator } from '../auth/authenticator.service.js';
import { GATEWAY_CONFIG } from '../config/config.module.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { GatewayError } from '../core/errors.js';
import type { GatewayRequest, GatewayResponse } from '../http/gateway-request.js';
import { SseStream } from '../http/sse-stream.js';
import { StreamBeat } from './beating.js';
import { HeartbeatService } from './heartbeat.service.js';
import { ListChangeService } from './list-change.service.js';
import type { McpSession } from './mcp-session.js';
import { ResourceUpdates } from './resource-updates.service.js';
import type { RpcRequest } from './rpc-message.js';
import { Subscription, parseFilter } from './subscription.js';

/** Streams open at once for one key; each holds a connection. */
const maxPerKey = 1_000;

/** subscriptions/listen of the stateless era: one stream for what a client opted in to. */
@Injectable()
export class SubscriptionService implements OnModuleDestroy {
  readonly #open = new Map<string, Set<Subscription>>();

  constructor(
    private readonly lists: ListChangeService,
    private readonly resources: ResourceUpdates,
    private readonly heartbeats: HeartbeatService,
    private readonly authenticator: Authenticator,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  listen(request: GatewayRequest, response: GatewayResponse, session: McpSession, message: RpcRequest): void {
    const asked = parseFilter(message.params['notifications']);
    const ofKey = this.#open.get(session.keyId) ?? new Set();
    if (ofKey.size >= maxPerKey) {
      throw new GatewayError('TOO_MANY_SESSIONS', {
        message: `This key has ${maxPerKey} open subscriptions, which is the limit.`,
        retryAfterSeconds: 30,
      });
    }
    const view = session.view();
    // What nobody has nobody can tell of: it is left out of what is agreed to.
    const resourceSubscriptions = asked.resourceSubscriptions.filter(
      (uri) => view.resourceOwner(uri) !== undefined,
    );
    const filter = { ...asked, resourceSubscriptions };
    const stream = SseStream.open(request, response, this.config.limits.sendBufferBytes);
    const subscription = new Subscription(session, stream, message.id, filter);
    this.#open.set(session.keyId, ofKey.add(subscription));
    subscription.acknowledge();
    session.knownView = view;

    const beating = new StreamBeat(stream);
    this.heartbeats.add(beating);
    const stops = [
      this.lists.add(subscription),
      this.authenticator.watch(session.principal, (next) => {
        if (next === null) {
          subscription.end();
          return;
        }
        session.become(next);
        this.lists.changed();
      }),
    ];
    for (const uri of resourceSubscriptions) {
      // An upstream that cannot be asked now is asked again when it is back; the subscription stands.
      this.resources.subscribe(subscription, null, view, uri).catch(() => undefined);
    }
    response.once('close', () => {
      this.heartbeats.remove(beating);
      for (const stop of stops) stop();
      this.resources.drop(subscription);
      ofKey.delete(subscription);
      if (ofKey.size === 0) this.#open.delete(session.keyId);
    });
  }

  onModuleDestroy(): void {
    for (const ofKey of this.#open.values()) for (const subscription of ofKey) subscription.end();
  }
}

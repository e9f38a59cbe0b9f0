import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import type { Caller } from '../gateway/caller.js';
import { GatewayService } from '../gateway/gateway.service.js';
import type { PrincipalView } from '../gateway/principal-view.js';
import { UpstreamEvents } from '../gateway/upstream-events.service.js';
import type { Upstream } from '../gateway/upstream-types.js';
import { isObject } from './rpc-message.js';
import type { Listener } from './listener.js';
import { resultOf } from './upstream-rpc-error.js';

/** Listeners of one resource of one upstream. */
interface Watched {
  readonly upstream: Upstream;
  readonly uri: string;
  readonly listeners: Set<Listener>;
}

/**
 * Resource subscriptions (MCP resources). The gateway subscribes once to each resource however many clients want it,
 * again whenever its upstream comes back, and unsubscribes with the last of them.
 */
@Injectable()
export class ResourceUpdates implements OnModuleInit, OnModuleDestroy {
  readonly #watched = new Map<string, Watched>();
  #unsubscribe: () => void = () => undefined;

  constructor(
    private readonly gateway: GatewayService,
    private readonly upstreams: UpstreamEvents,
  ) {}

  onModuleInit(): void {
    const stops = [
      this.upstreams.onNotification((upstream, { method, paramsJson }) => {
        if (method === 'notifications/resources/updated') this.#updated(upstream, paramsJson);
      }),
      this.upstreams.onReady((upstream) => this.#resubscribe(upstream)),
    ];
    this.#unsubscribe = () => stops.forEach((stop) => stop());
  }

  onModuleDestroy(): void {
    this.#unsubscribe();
  }

  /** Throws UNKNOWN_RESOURCE for a URI that nothing the view shows could have. */
  async subscribe(listener: Listener, caller: Caller, view: PrincipalView, uri: string): Promise<void> {
    const upstream = view.resourceOwner(uri);
    if (upstream === undefined) throw unknownResource(uri);
    const key = keyOf(upstream, uri);
    const known = this.#watched.get(key);
    if (known !== undefined) {
      known.listeners.add(listener);
      return;
    }
    this.#watched.set(key, { upstream, uri, listeners: new Set([listener]) });
    try {
      const call = await this.gateway.ask(caller, upstream, {
        method: 'resources/subscribe',
        encodeParams: () => JSON.stringify({ uri }),
      });
      resultOf(await call.outcome);
    } catch (error) {
      if (!isOutage(error)) this.#remove(key, listener);
      throw error;
    }
  }

  unsubscribe(listener: Listener, view: PrincipalView, uri: string): void {
    const upstream = view.resourceOwner(uri);
    if (upstream !== undefined) this.#remove(keyOf(upstream, uri), listener);
  }

  /** Forgets a listener that is gone. */
  drop(listener: Listener): void {
    for (const [key, { listeners }] of this.#watched)
      if (listeners.has(listener)) this.#remove(key, listener);
  }

  #remove(key: string, listener: Listener): void {
    const watched = this.#watched.get(key);
    if (watched?.listeners.delete(listener) !== true || watched.listeners.size > 0) return;
    this.#watched.delete(key);
    send(watched.upstream, 'resources/unsubscribe', watched.uri);
  }

  #updated(upstream: Upstream, paramsJson: string): void {
    const params: unknown = JSON.parse(paramsJson);
    if (!isObject(params) || typeof params['uri'] !== 'string') return;
    const watched = this.#watched.get(keyOf(upstream, params['uri']));
    for (const listener of watched?.listeners ?? []) {
      // What a client may no longer see it does not hear of either.
      const isVisible = listener.viewOrNull()?.wholeUpstreams.some((it) => it.upstream === upstream) === true;
      if (isVisible) listener.notify('notifications/resources/updated', paramsJson);
    }
  }

  #resubscribe(upstream: Upstream): void {
    for (const watched of this.#watched.values()) {
      if (watched.upstream === upstream) send(upstream, 'resources/subscribe', watched.uri);
    }
  }
}

/** Asked on the gateway's own account; an upstream that fails is asked again when it is back. */
function send(upstream: Upstream, method: string, uri: string): void {
  const call = upstream.shared.request({ method, encodeParams: () => JSON.stringify({ uri }) });
  call.outcome.catch(() => undefined);
}

function isOutage(error: unknown): boolean {
  return error instanceof GatewayError && error.definition.category !== undefined;
}

function keyOf(upstream: Upstream, uri: string): string {
  return `${upstream.config.name} ${uri}`;
}

/** -32002 up to 2025-11-25, -32602 since 2026-07-28 (MCP resources, error handling). */
export function unknownResource(uri: string): GatewayError {
  return new GatewayError('UNKNOWN_RESOURCE', { message: `Resource not found: ${uri}`, data: { uri } });
}

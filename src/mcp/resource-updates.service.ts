import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import type { Caller } from '../gateway/caller.js';
import { GatewayService } from '../gateway/gateway.service.js';
import type { PrincipalView } from '../gateway/principal-view.js';
import { UpstreamEvents } from '../gateway/upstream-events.service.js';
import type { Upstream, UpstreamRequest } from '../gateway/upstream-types.js';
import type { Listener } from './listener.js';
import { parseObject } from './rpc-message.js';
import { Turns } from './turns.js';
import { resultOf } from './upstream-rpc-error.js';

/** One resource of one upstream that somebody wants to hear of. */
interface Watched {
  readonly upstream: Upstream;
  readonly uri: string;
  readonly listeners: Set<Listener>;
  /** The upstream's answer to our subscription. */
  subscribed: Promise<void>;
}

/** Resources that one client may watch at once; each is remembered here and at its upstream. */
const maxPerListener = 1_000;
/** Of what the gateway does by itself towards one upstream, so that calls keep their place. */
const maxAtOnce = 16;

/**
 * Resource subscriptions (MCP resources). The gateway subscribes once to each resource, on the connection that all
 * share, however many clients want it; again whenever that connection is a new one; and unsubscribes with the last.
 */
@Injectable()
export class ResourceUpdates implements OnModuleInit, OnModuleDestroy {
  readonly #watched = new Map<Upstream, Map<string, Watched>>();
  readonly #byListener = new Map<Listener, Set<Watched>>();
  /** Unsubscriptions under way: a new subscription to the same must not overtake them. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #turns = new WeakMap<Upstream, Turns>();
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
      this.upstreams.onConnected((upstream) => this.#resubscribe(upstream)),
    ];
    this.#unsubscribe = () => stops.forEach((stop) => stop());
  }

  onModuleDestroy(): void {
    this.#unsubscribe();
  }

  /**
   * Throws UNKNOWN_RESOURCE for a URI that nothing the view shows could have, and what the upstream answers.
   * @param caller who waits for the answer; null: nobody does, and the subscription stands while the upstream is away
   */
  async subscribe(
    listener: Listener,
    caller: Caller | null,
    view: PrincipalView,
    uri: string,
  ): Promise<void> {
    const upstream = view.resourceOwner(uri);
    if (upstream === undefined) throw unknownResource(uri);
    const own = this.#byListener.get(listener) ?? new Set();
    if (own.size >= maxPerListener) {
      throw new GatewayError('INVALID_REQUEST', {
        message: `A client may subscribe to ${maxPerListener} resources at once. Unsubscribe from one first.`,
      });
    }
    const watched = this.#watch(upstream, uri, () => this.#subscribe(caller, upstream, uri));
    watched.listeners.add(listener);
    this.#byListener.set(listener, own.add(watched));
    try {
      await watched.subscribed;
    } catch (error) {
      if (caller !== null || !isOutage(error)) this.#remove(watched, listener);
      throw error;
    }
  }

  unsubscribe(listener: Listener, uri: string): void {
    for (const watched of this.#byListener.get(listener) ?? [])
      if (watched.uri === uri) this.#remove(watched, listener);
  }

  /** Forgets a listener that is gone. */
  drop(listener: Listener): void {
    for (const watched of this.#byListener.get(listener) ?? []) this.#remove(watched, listener);
  }

  #watch(upstream: Upstream, uri: string, subscribe: () => Promise<void>): Watched {
    let ofUpstream = this.#watched.get(upstream);
    if (ofUpstream === undefined) this.#watched.set(upstream, (ofUpstream = new Map<string, Watched>()));
    let watched = ofUpstream.get(uri);
    if (watched === undefined) {
      watched = { upstream, uri, listeners: new Set(), subscribed: subscribe() };
      ofUpstream.set(uri, watched);
    }
    return watched;
  }

  async #subscribe(caller: Caller | null, upstream: Upstream, uri: string): Promise<void> {
    await this.#leaving.get(keyOf(upstream, uri));
    const request = toRequest('resources/subscribe', uri);
    const call =
      caller === null
        ? upstream.shared.request(request)
        : await this.gateway.ask(sharing(caller), upstream, request);
    resultOf(await call.outcome);
  }

  #remove(watched: Watched, listener: Listener): void {
    const own = this.#byListener.get(listener);
    own?.delete(watched);
    if (own?.size === 0) this.#byListener.delete(listener);
    const { upstream, uri, listeners } = watched;
    if (!listeners.delete(listener) || listeners.size > 0) return;
    const ofUpstream = this.#watched.get(upstream);
    ofUpstream?.delete(uri);
    if (ofUpstream?.size === 0) this.#watched.delete(upstream);
    const key = keyOf(upstream, uri);
    const left = this.#send(upstream, 'resources/unsubscribe', uri).then(
      () => undefined,
      () => undefined,
    );
    this.#leaving.set(key, left);
    void left.then(() => this.#leaving.get(key) === left && this.#leaving.delete(key));
  }

  /** Asked on the gateway's own account; an upstream that fails is asked again when it is back. */
  async #send(upstream: Upstream, method: string, uri: string): Promise<void> {
    let turns = this.#turns.get(upstream);
    if (turns === undefined) this.#turns.set(upstream, (turns = new Turns(maxAtOnce)));
    const outcome = await turns.run(() => upstream.shared.request(toRequest(method, uri)).outcome);
    resultOf(outcome);
  }

  /** The URI may be that of a part of what was subscribed to (MCP resources, subscriptions). */
  #updated(upstream: Upstream, paramsJson: string): void {
    const uri = parseObject(paramsJson)?.['uri'];
    if (typeof uri !== 'string') return;
    for (const watched of this.#watched.get(upstream)?.values() ?? [])
      if (isPartOf(uri, watched.uri)) tell(watched, paramsJson);
  }

  /** What happened while the connection was away nobody knows: each listener is told to look again. */
  #resubscribe(upstream: Upstream): void {
    for (const watched of this.#watched.get(upstream)?.values() ?? []) {
      const { uri } = watched;
      watched.subscribed = this.#send(upstream, 'resources/subscribe', uri);
      watched.subscribed.then(
        () => tell(watched, JSON.stringify({ uri })),
        () => undefined,
      );
    }
  }
}

function tell({ upstream, listeners }: Watched, paramsJson: string): void {
  for (const listener of listeners) {
    // What a client may no longer see it does not hear of either.
    const isVisible = listener.viewOrNull()?.wholeUpstreams.some((it) => it.upstream === upstream) === true;
    if (isVisible) listener.notify('notifications/resources/updated', paramsJson);
  }
}

function toRequest(method: string, uri: string): UpstreamRequest {
  return { method, encodeParams: () => JSON.stringify({ uri }) };
}

/** The same caller on the connection of all: others may come to listen to the same resource. */
function sharing({ principal, scope, surface, requestId, sessionId, headers }: Caller): Caller {
  return { principal, scope, surface, requestId, sessionId, headers };
}

function isPartOf(uri: string, whole: string): boolean {
  if (!uri.startsWith(whole)) return false;
  const next = uri[whole.length];
  return next === undefined || whole.endsWith('/') || next === '/' || next === '#' || next === '?';
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

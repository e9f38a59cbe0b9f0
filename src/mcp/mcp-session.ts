import type { IncomingHttpHeaders } from 'node:http';

import { canBeAsked, capabilitiesFor, neededFeature } from '../core/client-features.js';
import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import type { RpcId } from '../core/rpc.js';
import type { Caller } from '../gateway/caller.js';
import type { GatewayService } from '../gateway/gateway.service.js';
import type { PrincipalView } from '../gateway/principal-view.js';
import { ClientRefusal, type Upstream } from '../gateway/upstream-types.js';
import { scopeKey, type Scope } from '../gateway/scope.js';
import type { SseStream } from '../http/sse-stream.js';
import type { LegacyVersion } from '../core/protocol-version.js';
import type { RpcContext } from './rpc-context.js';
import type { RpcResponse } from './rpc-message.js';
import type { SessionClaims } from './session-id.js';
import type { LinkSource } from './links/link-source.js';
import { ownLinks } from './links/own-links.js';
import { SessionLinks } from './links/session-links.js';
import type { ClientFeatures } from '../core/client-features.js';
import { ClientRequests } from './client-requests.js';
import { notificationText, type Exchange } from './exchange.js';
import { isSevereEnough } from './log-level.js';
import type { Listener } from './listener.js';
import type { PostExchange } from './post-exchange.js';

/** `stateless`: the one request of a 2026-07-28 client, which has no session of its own. */
export type SessionKind = 'streamable' | 'sse' | 'stateless';

const surfaceOf = {
  streamable: 'mcp_http',
  sse: 'mcp_sse',
  stateless: 'mcp_stateless',
} as const satisfies Record<SessionKind, string>;

export interface McpSessionOptions {
  readonly id: string;
  readonly kind: SessionKind;
  readonly principal: Principal;
  readonly scope: Scope;
  readonly protocolVersion: LegacyVersion;
  readonly clientFeatures: ClientFeatures;
  /** Where connections of its own come from; left out: they are made for it. */
  readonly linkSource?: LinkSource;
}

/** One client's conversation: what it may use, what it is waiting for, and the stream it listens on. */
export class McpSession implements Listener {
  readonly id: string;
  readonly kind: SessionKind;
  readonly keyId: string;
  readonly scope: Scope;
  protocolVersion: LegacyVersion;
  #clientFeatures: ClientFeatures;
  #isAskable: boolean;
  lastActiveAtMs = Date.now();
  /** The stream for what belongs to no request: the GET stream, or the one stream of HTTP+SSE. */
  stream: SseStream | null = null;
  /** Least severe level the client asked for, with logging/setLevel or in the request; null until it asks. */
  logLevel: string | null = null;
  /** The view whose lists the client knows, to tell it when they changed. */
  knownView: PrincipalView | null = null;
  #principal: Principal;
  #view: PrincipalView | null = null;
  /** Answers that became event streams and may be resumed, by stream name. */
  readonly exchanges = new Map<string, PostExchange>();
  /** In the order they came. */
  readonly #calls: RpcContext[] = [];
  readonly #requests = new ClientRequests();
  readonly links: SessionLinks;
  readonly #scopeKey: string;
  #onEnd: (() => void)[] = [];
  #ended = false;

  constructor(
    options: McpSessionOptions,
    private readonly gateway: GatewayService,
  ) {
    this.id = options.id;
    this.kind = options.kind;
    this.keyId = options.principal.keyId;
    this.scope = options.scope;
    this.#scopeKey = scopeKey(options.scope);
    this.protocolVersion = options.protocolVersion;
    this.#clientFeatures = options.clientFeatures;
    this.#isAskable = canBeAsked(options.clientFeatures);
    this.#principal = options.principal;
    this.links = new SessionLinks(this, options.linkSource ?? ownLinks);
  }

  get principal(): Principal {
    return this.#principal;
  }

  get clientFeatures(): ClientFeatures {
    return this.#clientFeatures;
  }

  /** Whether upstreams may ask this client anything. */
  get isAskable(): boolean {
    return this.#isAskable;
  }

  /** The client says who it is; upstreams may offer it more than others. */
  introduce({ protocolVersion, clientCapabilities }: SessionClaims): void {
    this.protocolVersion = protocolVersion;
    this.#clientFeatures = clientCapabilities;
    this.#isAskable = canBeAsked(clientCapabilities);
    this.#view = null;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  get isListening(): boolean {
    return this.stream?.isOpen === true;
  }

  /** What upstreams are asked for that want to be asked: before a client of a session says, the usual. */
  get wantedLogLevel(): string | null {
    return this.logLevel ?? (this.kind === 'stateless' ? null : 'info');
  }

  /** Whether a log message is for this client. Who has a session and says nothing gets what upstreams send. */
  acceptsLog(level: unknown): boolean {
    return this.logLevel === null ? this.kind !== 'stateless' : isSevereEnough(level, this.logLevel);
  }

  /** Sends what belongs to no request, if the client listens. */
  notify(method: string, paramsJson: string): void {
    this.stream?.message(notificationText(method, paramsJson));
  }

  /** The key as it is now; what it may use is compiled anew when its policy changed. */
  become(principal: Principal): void {
    if (principal === this.#principal) return;
    if (principal.policy.fingerprint !== this.#principal.policy.fingerprint) this.#view = null;
    this.#principal = principal;
  }

  /** What the session may use now. Throws NOT_FOUND once its scope leads nowhere any more. */
  view(): PrincipalView {
    if (this.#view?.revision !== this.gateway.revision) {
      this.#view = this.gateway.view({
        principal: this.#principal,
        scope: this.scope,
        features: this.#clientFeatures,
      });
    }
    return this.#view;
  }

  /** The same for a request that narrows itself further. Throws NOT_FOUND for a scope that leads nowhere. */
  viewWithin(scope: Scope): PrincipalView {
    if (scope.length === 0 || scopeKey(scope) === this.#scopeKey) return this.view();
    return this.gateway.view({
      principal: this.#principal,
      scope: [...this.scope, ...scope],
      features: this.#clientFeatures,
    });
  }

  /** Like `view`, but null where the scope leads nowhere. */
  viewOrNull(): PrincipalView | null {
    try {
      return this.view();
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'NOT_FOUND') return null;
      throw error;
    }
  }

  caller(requestId: string, headers: IncomingHttpHeaders): Caller {
    return {
      principal: this.#principal,
      scope: this.scope,
      surface: surfaceOf[this.kind],
      requestId,
      sessionId: this.kind === 'stateless' ? null : this.id,
      headers,
      linkTo: (upstream) => this.links.to(upstream),
    };
  }

  /** False when a request with this id is under way already. String and number ids are different ids. */
  begin(id: RpcId, call: RpcContext): boolean {
    if (this.isWaitingFor(id)) return false;
    this.#calls.push(call);
    return true;
  }

  isWaitingFor(id: RpcId): boolean {
    return this.#callOf(id) !== undefined;
  }

  finish(id: RpcId): void {
    const index = this.#calls.findIndex(({ message }) => message.id === id);
    if (index >= 0) this.#calls.splice(index, 1);
  }

  /** False when nothing of this id is under way. */
  cancel(id: RpcId, reason: string): boolean {
    const call = this.#callOf(id);
    call?.cancel(reason);
    return call !== undefined;
  }

  /** Sends what an upstream says that does not say which request made it: with the latest that it has, if any. */
  notifyFor(upstream: Upstream, method: string, paramsJson: string): void {
    const exchange = this.#latestCallOf(upstream)?.exchange;
    if (this.kind !== 'stateless' && exchange === undefined) this.notify(method, paramsJson);
    else if (this.kind !== 'stateless' || method === 'notifications/message')
      exchange?.notify(method, paramsJson);
  }

  /** Asks the client on behalf of an upstream that does not say which request made it ask: the latest that it has. */
  askFor(upstream: Upstream, method: string, paramsJson: string, signal: AbortSignal): Promise<string> {
    return this.ask(this.#latestCallOf(upstream)?.exchange, method, paramsJson, signal);
  }

  /**
   * Asks the client: on the answer of the request that made the upstream ask, or on the session's own stream. Resolves
   * to the JSON text of the client's result.
   */
  ask(
    exchange: Exchange | undefined,
    method: string,
    paramsJson: string,
    signal: AbortSignal,
  ): Promise<string> {
    const refusal = this.#refusal(method, paramsJson);
    if (refusal !== null) return Promise.reject(refusal);
    if (exchange?.ask !== undefined) return exchange.ask(method, paramsJson, signal);
    return this.#requests.ask(method, paramsJson, signal, (message) => {
      if (exchange?.say !== undefined) {
        exchange.say(message);
        return true;
      }
      this.stream?.message(message);
      return this.isListening;
    });
  }

  #latestCallOf(upstream: Upstream): RpcContext | undefined {
    return this.#calls.findLast((call) => call.upstream === upstream);
  }

  #callOf(id: RpcId): RpcContext | undefined {
    return this.#calls.find(({ message }) => message.id === id);
  }

  /** Why the client is not asked this; null when it offered to answer. */
  #refusal(method: string, paramsJson: string): ClientRefusal | null {
    const feature = neededFeature(method, JSON.parse(paramsJson));
    if (feature === null) return new ClientRefusal({ code: -32601, message: `Method not found: ${method}` });
    if (this.clientFeatures[feature]) return null;
    const missing = JSON.stringify(capabilitiesFor(feature));
    return new ClientRefusal({ code: -32601, message: `The client did not declare ${missing}.` });
  }

  /** A client's answer to what it was asked. */
  answered(response: RpcResponse): void {
    this.#requests.answered(response);
  }

  onEnd(listener: () => void): void {
    this.#onEnd.push(listener);
  }

  /** Its key has ended: so do its requests, with what a new one would be told, and the session. */
  revoke(error: GatewayError): void {
    for (const call of this.#calls) call.fail(error);
    this.end('the key has ended');
  }

  /** Cancels what is under way, ends the stream and tells who listens. Idempotent. */
  end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const call of this.#calls.splice(0)) call.cancel(reason);
    this.#requests.endAll();
    this.links.close();
    this.stream?.end();
    this.stream = null;
    for (const listener of this.#onEnd.splice(0)) listener();
  }
}

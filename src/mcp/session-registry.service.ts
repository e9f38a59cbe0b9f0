import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

import { Authenticator } from '../auth/authenticator.service.js';
import { keyEndError } from '../auth/key-end.js';
import { GATEWAY_CONFIG } from '../config/config.module.js';
import type { GatewayConfig } from '../config/gateway-config.js';
import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import { GatewayService } from '../gateway/gateway.service.js';
import type { Scope } from '../gateway/scope.js';
import { McpSession, type McpSessionOptions } from './mcp-session.js';
import { SessionIds, type SessionClaims } from './session-id.js';
import { SessionSecret } from './session-secret.service.js';

/** Ended sessions remembered, so that a genuine id does not bring one back to life. */
const maxEnded = 100_000;
const sweepMs = 5_000;

/** All open sessions: bound to their key, ended when idle, taken up again after a restart. */
@Injectable()
export class SessionRegistry implements OnModuleDestroy {
  readonly #sessions = new Map<string, McpSession>();
  readonly #perKey = new Map<string, number>();
  readonly #ended = new LRUCache<string, true>({ max: maxEnded });
  readonly #listeners = new Set<() => void>();
  readonly #sweep = setInterval(() => this.#endOld(Date.now()), sweepMs).unref();

  constructor(
    private readonly gateway: GatewayService,
    private readonly authenticator: Authenticator,
    private readonly secret: SessionSecret,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** Open sessions by the transport of the client. */
  counts(): { readonly http: number; readonly sse: number } {
    let sse = 0;
    for (const session of this.#sessions.values()) if (session.kind === 'sse') sse++;
    return { http: this.#sessions.size - sse, sse };
  }

  all(): Iterable<McpSession> {
    return this.#sessions.values();
  }

  /** Told when what any session's principal may has changed. Returns how to stop. */
  onPrincipalChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Throws TOO_MANY_SESSIONS, and NOT_FOUND for a scope that leads nowhere. The id of a Streamable HTTP session survives a restart of the gateway. */
  openStreamable(principal: Principal, scope: Scope, claims: SessionClaims): McpSession {
    const id = this.#ids().issue(principal.keyId, claims);
    return this.#open({
      id,
      kind: 'streamable',
      principal,
      scope,
      protocolVersion: claims.protocolVersion,
      clientFeatures: claims.clientCapabilities,
    });
  }

  openSse(options: Omit<McpSessionOptions, 'kind'>): McpSession {
    return this.#open({ ...options, kind: 'sse' });
  }

  /**
   * The session of an id, if it belongs to the principal's key; SESSION_NOT_FOUND otherwise. `scope` is the request's
   * own: throws NOT_FOUND when it leads nowhere.
   */
  find(id: string, kind: 'streamable' | 'sse', principal: Principal, scope: Scope): McpSession {
    const session = this.#sessions.get(id) ?? this.#resurrect(id, kind, principal, scope);
    if (session?.kind !== kind || session.keyId !== principal.keyId)
      throw new GatewayError('SESSION_NOT_FOUND');
    session.become(principal);
    if (scope.length > 0) session.viewWithin(scope);
    session.lastActiveAtMs = Date.now();
    return session;
  }

  onModuleDestroy(): void {
    clearInterval(this.#sweep);
    for (const session of this.#sessions.values()) session.end('the gateway stops');
  }

  /** A genuine id of a session this process does not know: opened before a restart, or on another replica. */
  #resurrect(
    id: string,
    kind: 'streamable' | 'sse',
    principal: Principal,
    scope: Scope,
  ): McpSession | undefined {
    if (kind === 'sse' || this.#ended.has(id)) return undefined;
    const claims = this.#ids().open(id, principal.keyId);
    if (claims === null) return undefined;
    return this.#open({
      id,
      kind,
      principal,
      scope,
      protocolVersion: claims.protocolVersion,
      clientFeatures: claims.clientCapabilities,
    });
  }

  #open(options: McpSessionOptions): McpSession {
    const { principal, scope } = options;
    const { keyId } = principal;
    // A scope that leads nowhere is refused before there is a session.
    this.gateway.view({ principal, scope });
    const open = this.#perKey.get(keyId) ?? 0;
    const limit = this.config.limits.sessionsPerKey;
    if (open >= limit) {
      throw new GatewayError('TOO_MANY_SESSIONS', {
        message: `This key has ${limit} open sessions, which is the limit. Close one, or wait for idle ones to end.`,
        retryAfterSeconds: 30,
      });
    }
    const session = new McpSession(options, this.gateway);
    this.#sessions.set(session.id, session);
    this.#perKey.set(keyId, open + 1);
    const unwatch = this.authenticator.watch(options.principal, (next, reason) => {
      if (next === null) {
        if (reason !== 'changed') session.revoke(keyEndError(reason));
        return;
      }
      session.become(next);
      for (const listener of this.#listeners) listener();
    });
    session.onEnd(() => {
      unwatch();
      this.#forget(session);
    });
    return session;
  }

  #forget(session: McpSession): void {
    this.#sessions.delete(session.id);
    this.#ended.set(session.id, true);
    const left = (this.#perKey.get(session.keyId) ?? 1) - 1;
    if (left > 0) this.#perKey.set(session.keyId, left);
    else this.#perKey.delete(session.keyId);
  }

  /** Ends idle sessions, and streams that outlived their session's last sign of life by too much. */
  #endOld(nowMs: number): void {
    const { sessionIdleMs, streamAgeMs } = this.config.limits;
    for (const session of this.#sessions.values()) {
      const idleMs = nowMs - session.lastActiveAtMs;
      if (session.stream?.isOpen !== true) {
        if (idleMs > sessionIdleMs) session.end('idle');
      } else if (idleMs > streamAgeMs && nowMs - session.stream.openedAtMs > streamAgeMs) {
        if (session.kind === 'sse') session.end('the stream is too old');
        else session.stream.end();
      }
    }
  }

  #ids(): SessionIds {
    return this.secret.ids;
  }
}

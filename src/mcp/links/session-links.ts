import type { Upstream, UpstreamLink } from '../../gateway/upstream-types.js';
import { levelOf } from '../log-level.js';
import type { McpSession } from '../mcp-session.js';
import type { LinkHolder, LinkSource } from './link-source.js';

/**
 * The upstream connections that belong to one session alone, so that an upstream's questions and log messages reach
 * the client that caused them and no other. A session that wants neither shares the connections of all.
 */
export class SessionLinks {
  /** Most sessions have none. */
  #links: Map<Upstream, UpstreamLink> | null = null;

  constructor(
    private readonly session: McpSession,
    private readonly source: LinkSource,
  ) {}

  /** The session's own connection; undefined where the shared one serves. */
  to(upstream: Upstream): UpstreamLink | undefined {
    const known = this.#links?.get(upstream);
    if (known !== undefined) return known;
    const { session: mode } = upstream.config;
    if (mode === 'shared' || (mode === 'auto' && !this.#needsOwn(upstream))) return undefined;
    const link = this.source.take(upstream, this.#holder(upstream));
    if (link !== undefined) (this.#links ??= new Map<Upstream, UpstreamLink>()).set(upstream, link);
    return link;
  }

  /** Tells every upstream that serves this session how severe log messages must be; later ones are told when they do. */
  setLevel(level: string): void {
    const request = { method: 'logging/setLevel', encodeParams: () => JSON.stringify({ level }) };
    // An upstream without logging answers with an error, which is nobody's concern.
    for (const link of this.#links?.values() ?? []) link.request(request).outcome.catch(() => undefined);
  }

  notify(method: string, paramsJson: string): void {
    for (const link of this.#links?.values() ?? []) link.notify(method, paramsJson);
  }

  close(): void {
    for (const [upstream, link] of this.#links ?? []) this.source.give(upstream, link);
    this.#links = null;
  }

  /**
   * An upstream of the stateless era is told with each request who makes it. One that knows sessions has to be asked for
   * log messages by each client for itself, or it could not be told whose they are.
   */
  #needsOwn({ era, catalog }: Upstream): boolean {
    const { isAskable, logLevel } = this.session;
    if (era === 'modern') return false;
    return isAskable || (logLevel !== null && catalog?.capabilities['logging'] !== undefined);
  }

  #holder(upstream: Upstream): LinkHolder {
    const { session } = this;
    return {
      keyId: session.keyId,
      get logLevel() {
        return session.logLevel;
      },
      features: session.clientFeatures,
      onRequest: (method, paramsJson, signal) => session.askFor(upstream, method, paramsJson, signal),
      onNotification: ({ method, paramsJson }) => {
        if (method.endsWith('/list_changed')) return;
        if (method === 'notifications/message' && !session.acceptsLog(levelOf(paramsJson))) return;
        session.notifyFor(upstream, method, paramsJson);
      },
    };
  }
}

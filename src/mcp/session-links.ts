import type { Upstream, UpstreamClient, UpstreamLink } from '../gateway/upstream-types.js';
import type { McpSession } from './mcp-session.js';
import { levelOf } from './log-level.js';

/** Connections to a stdio upstream that sessions may hold of their own: each is a process. */
const maxPrivateProcesses = 64;
const privateProcesses = new Map<string, number>();

/**
 * The upstream connections that belong to one session alone, so that an upstream's questions and log messages reach
 * the client that caused them and no other. A session whose client can be asked nothing shares the connections of all.
 */
export class SessionLinks {
  readonly #links = new Map<Upstream, UpstreamLink>();

  constructor(private readonly session: McpSession) {}

  /** The session's own connection; undefined where the shared one serves. */
  to(upstream: Upstream): UpstreamLink | undefined {
    const { session: mode, endpoint, name } = upstream.config;
    if (mode === 'shared' || (mode === 'auto' && !this.#needsOwn(upstream))) return undefined;
    const known = this.#links.get(upstream);
    if (known !== undefined) return known;
    if (endpoint.kind === 'stdio') {
      const running = privateProcesses.get(name) ?? 0;
      if (running >= maxPrivateProcesses) return undefined;
      privateProcesses.set(name, running + 1);
    }
    const link = upstream.openPrivate(this.#client(upstream));
    this.#links.set(upstream, link);
    if (this.session.logLevel !== null) setLevel(link, this.session.logLevel);
    return link;
  }

  /** An upstream of the stateless era is told with each request who makes it, and asks in its answer. */
  #needsOwn({ era }: Upstream): boolean {
    return era !== 'modern' && this.session.isAskable;
  }

  /** Tells every upstream that serves this session how severe log messages must be. */
  setLevel(level: string): void {
    for (const link of this.#links.values()) setLevel(link, level);
  }

  notify(method: string, paramsJson: string): void {
    for (const link of this.#links.values()) link.notify(method, paramsJson);
  }

  close(): void {
    for (const [upstream, link] of this.#links) {
      const { endpoint, name } = upstream.config;
      if (endpoint.kind === 'stdio') privateProcesses.set(name, (privateProcesses.get(name) ?? 1) - 1);
      link.close().catch(() => undefined);
    }
    this.#links.clear();
  }

  #client(upstream: Upstream): UpstreamClient {
    const { session } = this;
    return {
      features: session.clientFeatures,
      onRequest: (method, paramsJson, signal) => session.askFor(upstream, method, paramsJson, signal),
      onNotification: ({ method, paramsJson }) => {
        if (method.endsWith('/list_changed')) return;
        if (method === 'notifications/message' && !session.acceptsLog(levelOf(paramsJson))) return;
        session.notify(method, paramsJson);
      },
    };
  }
}

function setLevel(link: UpstreamLink, level: string): void {
  const call = link.request({ method: 'logging/setLevel', encodeParams: () => JSON.stringify({ level }) });
  // An upstream without logging answers with an error, which is nobody's concern.
  call.outcome.catch(() => undefined);
}

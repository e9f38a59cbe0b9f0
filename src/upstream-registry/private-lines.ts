import type { UpstreamConfig } from '../core/upstream.js';
import type { ClientFeatures } from '../core/client-features.js';
import { GatewayError } from '../core/errors.js';
import type { CatalogSource } from './catalog/catalog-keeper.js';
import { sourceOver } from './catalog/catalog-source.js';
import { Line, type LineOwner, type LineSetting } from './line.js';
import type { ProtocolMemory } from './protocol-memory.js';
import type { RequestClient, UpstreamClient, UpstreamLink } from './upstream.js';

/** The connections of one upstream that belong to a single client each: they carry what it asks and what it is asked. */
export class PrivateLines {
  readonly #lines = new Set<Line>();

  /** @param onListChanged a private connection may be the only one that is told of it */
  constructor(
    private readonly setting: LineSetting,
    private readonly onListChanged: () => void,
  ) {}

  open(config: UpstreamConfig, memory: ProtocolMemory, client: UpstreamClient): UpstreamLink {
    const logLevel = (): string | null => client.logLevel ?? null;
    const kind = { features: client.features, logLevel, isEager: false, memory };
    const line = new Line(config, this.setting, kind, {
      answerRequest: (method, paramsJson, signal) => client.onRequest(method, paramsJson, signal),
      onNotification: (notification) => client.onNotification(notification),
      onListChanged: this.onListChanged,
      onConnecting: nothing,
      onConnected: nothing,
      onDisconnected: nothing,
      onSuspicion: nothing,
    });
    this.#lines.add(line);
    return {
      request: (request) => line.link.request(request),
      notify: (method, paramsJson) => line.link.notify(method, paramsJson),
      close: async () => {
        this.#lines.delete(line);
        await line.link.close();
      },
    };
  }

  /** A connection for a moment, as of a client with these features that has nothing to say. Rejects with a TransportFault. */
  async visit<T>(
    config: UpstreamConfig,
    memory: ProtocolMemory,
    features: ClientFeatures,
    work: (source: CatalogSource) => Promise<T>,
  ): Promise<T> {
    const line = new Line(config, this.setting, { features, isEager: false, memory }, visitor);
    this.#lines.add(line);
    try {
      return await work(sourceOver(await line.keeper.acquire(), line.calls));
    } finally {
      this.#lines.delete(line);
      await line.link.close();
    }
  }

  async drain(drainMs: number): Promise<void> {
    const lines = [...this.#lines];
    this.#lines.clear();
    await Promise.all(lines.map((line) => line.link.drain(drainMs)));
  }
}

/** Whoever looks in for a moment. A server that asks it for its roots is told that there are none. */
const visitor: LineOwner = {
  answerRequest: (method) =>
    method === 'roots/list'
      ? Promise.resolve('{"roots":[]}')
      : Promise.reject(new GatewayError('METHOD_NOT_FOUND')),
  onNotification: nothing,
  onListChanged: nothing,
  onConnecting: nothing,
  onConnected: nothing,
  onDisconnected: nothing,
  onSuspicion: nothing,
};

/** The same, for upstreams that are told with each request who makes it. */
export function visitorWith(features: ClientFeatures): RequestClient {
  return { features, logLevel: null, input: { kind: 'asked', ask: visitor.answerRequest } };
}

/** The health of an upstream is that of its shared connection; a private one is opened anew by the next call. */
function nothing(): void {
  // See above.
}

import type { UpstreamConfig } from '../core/upstream.js';
import { Line, type LineSetting } from './line.js';
import type { ProtocolMemory } from './protocol-memory.js';
import type { UpstreamClient, UpstreamLink } from './upstream.js';

/** The connections of one upstream that belong to a single client each: they carry what it asks and what it is asked. */
export class PrivateLines {
  readonly #lines = new Set<Line>();

  /** @param onListChanged a private connection may be the only one that is told of it */
  constructor(
    private readonly setting: LineSetting,
    private readonly onListChanged: () => void,
  ) {}

  open(config: UpstreamConfig, memory: ProtocolMemory, client: UpstreamClient): UpstreamLink {
    const kind = { features: client.features, isEager: false, memory };
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

  async drain(drainMs: number): Promise<void> {
    const lines = [...this.#lines];
    this.#lines.clear();
    await Promise.all(lines.map((line) => line.link.drain(drainMs)));
  }
}

/** The health of an upstream is that of its shared connection; a private one is opened anew by the next call. */
function nothing(): void {
  // See above.
}

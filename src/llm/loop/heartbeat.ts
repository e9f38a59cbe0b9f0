import type { ClientConnection } from '../relay/client-connection.js';

/** Comments on a silent stream, so that nobody on the way takes tools at work for a dead connection. */
export class Heartbeat {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: ClientConnection,
    private readonly everyMs: number,
  ) {
    client.cancellation.listen(() => this.stop());
  }

  start(): void {
    this.stop();
    if (this.client.cancellation.isCancelled) return;
    this.#timer = setInterval(() => this.client.tryWrite(': tools are running\n\n'), this.everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

import type { ClientConnection } from '../relay/client-connection.js';

/** Comments on a silent stream, so that nobody on the way takes tools at work for a dead connection. */
export class Heartbeat {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: ClientConnection,
    private readonly everyMs: number,
  ) {
    // However the answer ends: finished, broken off with an error, or left by the client.
    client.response.once('close', () => this.stop());
  }

  start(): void {
    this.stop();
    if (this.client.response.closed) return;
    this.#timer = setInterval(() => this.client.tryWrite(': tools are running\n\n'), this.everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

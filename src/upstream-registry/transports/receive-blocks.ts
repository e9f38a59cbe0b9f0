const blockBytes = 64 * 1024;

/** Blocks kept for the next message; what one at the usual cap of a message needs. */
const maxFree = 256;
const keptMs = 10_000;

/**
 * Memory that large messages are gathered in, used again when one is thrown away. An upstream that floods would leave
 * megabytes of garbage with each answer that is cut at its cap, and all calls would wait for their collection.
 */
class ReceiveBlocks {
  readonly #free: Buffer[] = [];
  #emptier: NodeJS.Timeout | null = null;

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
  }

  /** Only by who took them, and once nobody else has a part of them. */
  giveBack(blocks: readonly Buffer[]): void {
    for (const block of blocks) if (this.#free.length < maxFree) this.#free.push(block);
    this.#emptier ??= setTimeout(() => this.#empty(), keptMs).unref();
  }

  #empty(): void {
    this.#free.length = 0;
    this.#emptier = null;
  }
}

export const receiveBlocks = new ReceiveBlocks();

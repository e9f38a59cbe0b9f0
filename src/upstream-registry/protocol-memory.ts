import type { Era } from '../core/protocol-version.js';
import type { TransportKind } from '../core/upstream.js';

/** How an upstream was found to speak, and when. */
export interface SpokenProtocol {
  readonly transport: TransportKind;
  readonly era: Era;
  readonly foundAt: Date;
}

/** An upstream may have been renewed since: after a day it is asked anew. */
const maxAgeMs = 24 * 60 * 60 * 1_000;

/**
 * How one upstream speaks, found out once and remembered for all its connections, until a day has passed or it turned
 * out to be wrong (MCP 2026-07-28, basic/versioning: the era is a property of the server, not of a request).
 */
export class ProtocolMemory {
  #found: SpokenProtocol | null = null;

  constructor(private readonly now: () => number = Date.now) {}

  /** The last finding, however old; null before the first and once it was forgotten. */
  get last(): SpokenProtocol | null {
    return this.#found;
  }

  /** null: it has to be found out. */
  get known(): SpokenProtocol | null {
    const found = this.#found;
    return found === null || this.now() - found.foundAt.getTime() >= maxAgeMs ? null : found;
  }

  /** A finding that only confirms what is known keeps its date, so that it does not live for ever. */
  found(transport: TransportKind, era: Era): void {
    const { known } = this;
    if (known?.transport === transport && known.era === era) return;
    this.#found = { transport, era, foundAt: new Date(this.now()) };
  }

  forget(): void {
    this.#found = null;
  }
}

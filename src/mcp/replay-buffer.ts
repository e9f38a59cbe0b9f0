import type { StreamMessage } from './exchange.js';

interface KeptEvent {
  readonly id: string;
  readonly sequence: number;
  readonly message: StreamMessage;
  readonly byteLength: number;
}

/** The latest events of one stream, kept so that a client that lost its connection can have them again. */
export class ReplayBuffer {
  #events: KeptEvent[] = [];
  #bytes = 0;
  #sequence = 0;

  constructor(
    private readonly streamName: string,
    private readonly maxBytes: number,
  ) {}

  /** Keeps a message and says the event id it goes out under. The oldest make room. */
  keep(message: StreamMessage): string {
    const sequence = ++this.#sequence;
    const id = eventId(this.streamName, sequence);
    const byteLength = typeof message === 'string' ? message.length : message.json.byteLength;
    this.#events.push({ id, sequence, message, byteLength });
    this.#bytes += byteLength;
    while (this.#bytes > this.maxBytes && this.#events.length > 1) {
      this.#bytes -= this.#events.shift()?.byteLength ?? 0;
    }
    return id;
  }

  /** What came after an event, oldest first; null when some of it is gone already. */
  after(sequence: number): readonly KeptEvent[] | null {
    const oldest = this.#events[0]?.sequence ?? this.#sequence + 1;
    if (sequence + 1 < oldest || sequence > this.#sequence) return null;
    return this.#events.filter((event) => event.sequence > sequence);
  }
}

export function eventId(streamName: string, sequence: number): string {
  return `${streamName}-${sequence}`;
}

/** null for an id that is none of ours. */
export function parseEventId(id: string): { streamName: string; sequence: number } | null {
  const match = /^([A-Za-z0-9_]{1,32})-(\d{1,15})$/.exec(id);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  return { streamName: match[1], sequence: Number(match[2]) };
}

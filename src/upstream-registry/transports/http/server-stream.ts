import type { ReplyHandler } from '../../../http-client/reply-handler.js';
import { Backoff } from '../../backoff.js';
import type { ServerSentEvent } from '../event-splitter.js';
import type { TransportListener } from '../transport.js';
import type { TransportFault } from '../transport-fault.js';
import { EventStream, type EventStreamListener } from './event-stream.js';

/** A stream that lived this long was no failure: the next one may come soon. */
const soundMs = 10_000;

/**
 * The stream on which a Streamable HTTP server sends what nobody asked for. Optional: a server may refuse it (405). When
 * it breaks off it is opened again, where it stopped, and the connection is told that something may have happened.
 */
export class ServerStream implements EventStreamListener {
  readonly #backoff = new Backoff({ firstMs: 1_000, maxMs: 60_000 });
  #stream: EventStream | null = null;
  #timer: NodeJS.Timeout | null = null;
  #openedAt: number | null = null;
  #lastEventId = '';
  #isClosed = false;

  constructor(
    private readonly get: (lastEventId: string, handler: ReplyHandler) => void,
    private readonly maxEventBytes: number,
    private readonly listener: TransportListener,
  ) {}

  open(): void {
    this.#timer = null;
    this.#openedAt = null;
    this.#stream = new EventStream(this, this.maxEventBytes, () => (this.#openedAt = performance.now()));
    this.get(this.#lastEventId, this.#stream);
  }

  close(): void {
    this.#isClosed = true;
    this.#stream?.close();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  onEvent({ type, data }: ServerSentEvent): void {
    if (type === 'message' && data.length > 0) this.listener.onMessage(data, 0);
  }

  onEnd(fault: TransportFault): void {
    if (this.#isClosed) return;
    const wasOpen = this.#openedAt !== null;
    if (!wasOpen && fault.isMismatch) return;
    const isSound = this.#openedAt !== null && performance.now() - this.#openedAt >= soundMs;
    if (isSound) this.#backoff.reset();
    this.#lastEventId = this.#stream?.lastEventId ?? '';
    const asked = this.#stream?.retryMs ?? 0;
    this.#timer = setTimeout(() => this.open(), Math.max(asked, this.#backoff.nextMs()));
    this.#timer.unref();
    if (wasOpen) this.listener.onSuspicion();
  }
}

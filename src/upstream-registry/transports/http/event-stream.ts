import type { ReplyHandler } from '../../../http-client/reply-handler.js';
import type { ReplyHead } from '../../../http-client/reply-head.js';
import { MessageTooLargeError } from '../chunk-list.js';
import { EventSplitter, type ServerSentEvent } from '../event-splitter.js';
import { TransportFault } from '../transport-fault.js';
import { invalidFault, networkFault, statusFault, tooLargeFault } from './http-fault.js';

export interface EventStreamListener {
  onEvent(event: ServerSentEvent): void;
  /** The stream is over, whoever ended it; told once, and not after `close`. */
  onEnd(fault: TransportFault): void;
}

/** A long-lived GET of server-sent events. */
export class EventStream implements ReplyHandler {
  readonly #splitter: EventSplitter;
  #abort: (() => void) | null = null;
  #wasSent = false;
  #isOpen = false;
  #isOver = false;

  constructor(
    private readonly listener: EventStreamListener,
    maxEventBytes: number,
    private readonly onOpen: () => void,
  ) {
    this.#splitter = new EventSplitter(maxEventBytes, (event) => {
      if (!this.#isOver) listener.onEvent(event);
    });
  }

  get lastEventId(): string {
    return this.#splitter.lastEventId;
  }

  get retryMs(): number | null {
    return this.#splitter.retryMs;
  }

  close(): void {
    this.#isOver = true;
    this.#splitter.discard();
    this.#abort?.();
  }

  onConnect(abort: () => void): void {
    this.#abort = abort;
    if (this.#isOver) abort();
    else this.#wasSent = true;
  }

  onHeaders({ status, retryAfter, content, encoding }: ReplyHead): void {
    if (this.#isOver) return;
    if (status !== 200) {
      this.#end(statusFault('stream', { status, text: '', retryAfter, hadSession: false }));
    } else if (content !== 'events') this.#end(invalidFault('stream', 'did not open an event stream'));
    else if (encoding !== null) this.#end(invalidFault('stream', 'sent a compressed event stream'));
    else {
      this.#isOpen = true;
      this.onOpen();
    }
  }

  onData(bytes: Buffer): boolean {
    if (!this.#isOpen || this.#isOver) return true;
    try {
      this.#splitter.push(bytes);
    } catch (error) {
      this.#end(
        error instanceof MessageTooLargeError
          ? tooLargeFault('stream', error)
          : TransportFault.of(error, 'stream'),
      );
    }
    return true;
  }

  onComplete(): boolean {
    this.#end(
      new TransportFault('UPSTREAM_UNAVAILABLE', 'stream', 'closed the event stream', { isBroken: true }),
    );
    return true;
  }

  onError(error: Error): void {
    this.#end(networkFault('stream', error, this.#wasSent));
  }

  #end(fault: TransportFault): void {
    if (this.#isOver) return;
    this.close();
    this.listener.onEnd(fault);
  }
}

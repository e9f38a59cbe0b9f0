import type { RosterMember } from '../../../core/roster.js';
import type { ReplyHandler } from '../../../http-client/reply-handler.js';
import type { ReplyHead } from '../../../http-client/reply-head.js';
import { ChunkList, MessageTooLargeError } from '../chunk-list.js';
import { EventSplitter } from '../event-splitter.js';
import { TransportFault } from '../transport-fault.js';
import { ContentDecoder, type DecoderSink } from './content-decoder.js';
import { invalidFault, networkFault, statusFault, tooLargeFault } from './http-fault.js';
import { refusalBytes } from './http-receipt.js';
import type { ExchangeOwner, ExchangeSubject } from './exchange-owner.js';

const enum Reading {
  Nothing,
  Json,
  Events,
  Refusal,
}

/** When a stream that broke off is taken up again, and what of the server's own wish is granted. */
const defaultRetryMs = 1_000;
const minRetryMs = 100;
const maxRetryMs = 30_000;

/**
 * One HTTP request and its reply. Also the resumption of a reply by GET, which reads the same.
 */
export class HttpExchange implements ReplyHandler, DecoderSink, RosterMember {
  place = -1;
  /** The period in which its answer came before the end of its stream; of who lets it go. */
  lingersSince = 0;
  #abort: (() => void) | null = null;
  #isOver = false;
  #isAnswered = false;
  #wasSent = false;
  /** The body was not the answer to this request. */
  #wasForeign = false;
  #reading = Reading.Nothing;
  #head: ReplyHead | null = null;
  #chunks: ChunkList | null = null;
  #splitter: EventSplitter | null = null;
  #decoder: ContentDecoder | null = null;
  #resumeReading: () => void = nothing;

  constructor(
    private readonly owner: ExchangeOwner,
    readonly subject: ExchangeSubject,
  ) {}

  get #isStateless(): boolean {
    return this.subject.request.stateless !== undefined;
  }

  /** Lets go of the socket; nothing is told to anyone. */
  abandon(): void {
    this.#isOver = true;
    this.#release();
    this.#discard();
  }

  onConnect(abort: () => void): void {
    this.#abort = abort;
    if (this.#isOver) abort();
    else this.#wasSent = true;
  }

  onHeaders(head: ReplyHead, resume: () => void): void {
    if (this.#isOver) return;
    const { status } = head;
    this.#head = head;
    this.#resumeReading = resume;
    if (status < 300) this.#accept(head);
    else if ((status === 307 || status === 308) && head.location !== null) this.#redirect(head.location);
    else this.#reading = Reading.Refusal;
  }

  onData(bytes: Buffer): boolean {
    if (this.#decoder !== null) return this.#decoder.write(bytes, this.#resumeReading);
    try {
      this.onDecoded(bytes);
    } catch (error) {
      this.onFailure(error);
    }
    return true;
  }

  onComplete(): boolean {
    if (this.#decoder === null) this.onDecodedEnd();
    else this.#decoder.end();
    return !this.#wasForeign;
  }

  onError(error: Error): void {
    if (this.#isOver) return;
    if (this.#reading === Reading.Events && this.#isAnswered) this.#end(null);
    else if (this.#canResume()) this.#resume(minRetryMs);
    else this.#end(networkFault(this.subject.stage, error, this.#wasSent));
  }

  onDecoded(bytes: Buffer): void {
    if (this.#isOver) return;
    switch (this.#reading) {
      case Reading.Json:
        this.#chunks ??= new ChunkList();
        this.#chunks.push(bytes);
        if (this.#chunks.byteLength > this.owner.limits.messageBytes) throw new MessageTooLargeError();
        break;
      case Reading.Events:
        this.#splitter?.push(bytes);
        break;
      case Reading.Refusal:
        this.#chunks ??= new ChunkList();
        this.#chunks.push(bytes.subarray(0, refusalBytes));
        if (this.#chunks.byteLength > refusalBytes) this.#endRefusal();
        break;
      case Reading.Nothing:
        break;
    }
  }

  onDecodedEnd(): void {
    if (this.#isOver) return;
    switch (this.#reading) {
      case Reading.Json:
        this.#endJson();
        break;
      case Reading.Events:
        this.#endEvents();
        break;
      case Reading.Refusal:
        this.#endRefusal();
        break;
      case Reading.Nothing:
        break;
    }
  }

  onFailure(error: unknown): void {
    const { stage } = this.subject;
    if (error instanceof TransportFault) this.#end(error);
    else if (error instanceof MessageTooLargeError) this.#end(tooLargeFault(stage, error));
    else this.#end(invalidFault(stage, 'sent a body that cannot be decoded'));
  }

  #accept(head: ReplyHead): void {
    const { subject, owner } = this;
    if (!this.#isStateless) owner.onReplyHead(head);
    if (head.content === 'json') this.#reading = Reading.Json;
    else if (head.content === 'events') {
      this.#reading = Reading.Events;
      this.#splitter = new EventSplitter(owner.limits.messageBytes, this.#onEvent);
    } else {
      const message = `answered HTTP ${head.status} with content that is neither JSON nor an event stream`;
      this.#end(invalidFault(subject.stage, message));
      return;
    }
    if (
      head.byteLength !== null &&
      this.#reading === Reading.Json &&
      head.byteLength > owner.limits.messageBytes
    ) {
      this.#end(tooLargeFault(subject.stage));
      return;
    }
    if (head.encoding === null) return;
    this.#decoder = ContentDecoder.of(head.encoding, this);
    if (this.#decoder === null)
      this.#end(invalidFault(subject.stage, 'answered in an unknown content encoding'));
  }

  #redirect(location: string): void {
    if (this.owner.redirect(this, location)) this.#isOver = true;
    else this.#end(invalidFault(this.subject.stage, 'redirects to an address that is not followed'));
  }

  readonly #onEvent = ({ type, data }: { type: string; data: readonly Buffer[] }): void => {
    if (this.#isOver || type !== 'message' || data.length === 0) return;
    const fate = this.owner.listener.onMessage(data, this.subject.request.id);
    if (fate === 'answered') {
      this.#isAnswered = true;
      this.owner.linger(this);
    } else if (fate === 'invalid' && !this.#isAnswered) {
      this.#end(invalidFault(this.subject.stage, 'sent an event that is not a JSON-RPC message'));
    }
  };

  #endJson(): void {
    const { request, stage } = this.subject;
    const chunks = this.#chunks?.take() ?? [];
    this.#wasForeign = this.owner.listener.onMessage(chunks, request.id) !== 'answered';
    const said = 'sent a body that is not the answer to the request';
    this.#end(this.#wasForeign ? invalidFault(stage, said) : null);
  }

  #endEvents(): void {
    if (this.#isAnswered) this.#end(null);
    else if (this.#canResume()) this.#resume(this.#splitter?.retryMs ?? defaultRetryMs);
    else if (this.#splitter?.isMidEvent === true) {
      this.#end(invalidFault(this.subject.stage, 'ended the stream in the middle of an event'));
    } else {
      const message = 'closed the stream without an answer';
      this.#end(new TransportFault('UPSTREAM_UNAVAILABLE', this.subject.stage, message, { isBroken: true }));
    }
  }

  /** Some servers put the JSON-RPC error into a reply with an error status; such an answer is an answer. */
  #endRefusal(): void {
    const { request, stage, resumedFrom } = this.subject;
    const chunks = this.#chunks?.take() ?? [];
    const text = Buffer.concat(chunks).toString('utf8');
    const retryAfter = this.#head?.retryAfter ?? null;
    const fault = statusFault(stage, {
      status: this.#head?.status ?? 0,
      text,
      retryAfter,
      // A request whose reply had begun has run, whatever became of the session since.
      hadSession: this.owner.hasSession && !this.#isStateless && resumedFrom === '',
    });
    const mayAnswer =
      this.#head?.content === 'json' &&
      this.#head.encoding === null &&
      fault.scope !== 'session' &&
      fault.code !== 'UPSTREAM_REJECTED_CREDENTIALS';
    const isAnswered = mayAnswer && this.owner.listener.onMessage(chunks, request.id) === 'answered';
    this.#end(isAnswered ? null : fault);
  }

  #canResume(): boolean {
    if (this.#isStateless) return false;
    return this.#reading === Reading.Events && !this.#isAnswered && this.#lastEventId() !== '';
  }

  #lastEventId(): string {
    const id = this.#splitter?.lastEventId ?? '';
    return id === '' ? this.subject.resumedFrom : id;
  }

  #resume(wishMs: number): void {
    this.#isOver = true;
    this.#discard();
    const delayMs = Math.min(Math.max(wishMs, minRetryMs), maxRetryMs);
    this.owner.resume({ ...this.subject, resumedFrom: this.#lastEventId() }, delayMs);
  }

  #end(fault: TransportFault | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (fault !== null) this.#release();
    this.#discard();
    this.owner.ended(this, fault);
  }

  /** What came and is not told to anyone. */
  #discard(): void {
    this.#chunks?.discard();
    this.#splitter?.discard();
  }

  #release(): void {
    this.#decoder?.destroy();
    this.#abort?.();
  }
}

function nothing(): void {
  // Replaced as soon as a reply can be paused.
}

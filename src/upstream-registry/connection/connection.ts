import { GatewayError } from '../../core/errors.js';
import type { UpstreamNotification } from '../upstream.js';
import type { Redactor } from '../redactor.js';
import type { MessageFate, Transport, TransportListener } from '../transports/transport.js';
import { TransportFault } from '../transports/transport-fault.js';
import type { CallTable } from './call-table.js';
import { ClientRequests, type AnswerRequest } from './client-requests.js';
import { IncomingMessage } from './incoming-message.js';
import { listKindOf, type ListKind } from './list-kind.js';
import type { CallCarrier, PendingCall } from './pending-call.js';
import { readProgress } from './progress.js';
import { readRpcError } from './rpc-error.js';
import { guessAnsweredId, looksLikeMessage } from './broken-message.js';

/** Who a connection belongs to. */
export interface ConnectionPeer {
  readonly answerRequest: AnswerRequest;
  onNotification(notification: UpstreamNotification): void;
  onListChanged(kind: ListKind): void;
  /** This call is to be sent once more, on another connection than this. */
  onInterrupted(connection: Connection, call: PendingCall): void;
  /** The connection is over; its calls have failed already. */
  onLost(connection: Connection, fault: TransportFault): void;
  onSuspicion(connection: Connection): void;
}

export interface ConnectionSetup {
  /** Name of the upstream, for errors. */
  readonly upstream: string;
  readonly calls: CallTable;
  readonly peer: ConnectionPeer;
  readonly redactor: Redactor;
}

/** One conversation with an upstream: matches answers, progress and requests with the calls that caused them. */
export class Connection implements TransportListener, CallCarrier {
  #transport!: Transport;
  readonly #clientRequests: ClientRequests;
  #isOver = false;
  #isEstablished = false;
  #dropped = 0;

  constructor(private readonly setup: ConnectionSetup) {
    this.#clientRequests = new ClientRequests(setup.peer.answerRequest, (body) => this.#transport.send(body));
  }

  /** Messages that nobody waited for. */
  get dropped(): number {
    return this.#dropped;
  }

  get transport(): Transport {
    return this.#transport;
  }

  /** Set once, right after construction: transport and connection know each other. */
  attach(transport: Transport): void {
    this.#transport = transport;
  }

  established(protocolVersion: string): void {
    this.#isEstablished = true;
    this.#transport.established(protocolVersion);
  }

  listen(): void {
    this.#transport.listen();
  }

  dispatch(call: PendingCall): void {
    call.carrier = this;
    const { id, request } = call;
    const method = JSON.stringify(request.method);
    const body = `{"jsonrpc":"2.0","id":${id},"method":${method},"params":${request.encodeParams(id)}}`;
    this.#transport.request({ id, body, headers: request.headers });
  }

  notify(method: string, paramsJson: string): Promise<TransportFault | null> {
    if (this.#isOver) return Promise.resolve(null);
    const params = paramsJson === '' ? '' : `,"params":${paramsJson}`;
    return this.#transport.send(`{"jsonrpc":"2.0","method":${JSON.stringify(method)}${params}}`);
  }

  withdraw(call: PendingCall, reason: string): void {
    if (this.#isOver) return;
    // The specification forbids cancelling `initialize`.
    if (this.#isEstablished) {
      void this.notify('notifications/cancelled', JSON.stringify({ requestId: call.id, reason }));
    }
    this.#transport.abandon(call.id);
  }

  /** How many calls wait for an answer on this connection. */
  carried(): number {
    return this.#calls().length;
  }

  async close(): Promise<void> {
    this.#end(new TransportFault('UPSTREAM_UNAVAILABLE', 'call', 'was disconnected'));
    await this.#transport.close();
  }

  onMessage(chunks: readonly Buffer[], streamOf: number): MessageFate {
    if (this.#isOver) return 'dropped';
    const message = IncomingMessage.read(chunks);
    if (message === null) return this.#onBroken(chunks, streamOf);
    if (!message.has('method')) return this.#onAnswer(message, streamOf);
    const method = message.string('method') ?? '';
    const idJson = message.json('id');
    if (idJson === undefined) this.#onNotification(method, message, streamOf);
    else this.#clientRequests.answer(method, idJson, message.json('params') ?? '{}');
    return 'taken';
  }

  onRequestFault(id: number, fault: TransportFault): void {
    const call = this.#callOf(id);
    if (call === undefined) return;
    if (fault.scope === 'session' && this.#isEstablished && !call.wasResent) {
      this.#interrupt(call);
      return;
    }
    if (fault.scope === 'request' && this.#mayRepeat(call, fault)) {
      call.wasResent = true;
      this.dispatch(call);
      return;
    }
    call.fail(fault.toGatewayError(this.setup.upstream));
    if (fault.scope === 'connection') this.onLost(fault);
    else if (isOutage(fault) || fault.code === 'UPSTREAM_REJECTED_CREDENTIALS') this.onSuspicion();
  }

  onLost(fault: TransportFault): void {
    if (this.#isOver) return;
    const repeated = this.#calls().filter((call) => this.#mayRepeat(call, fault));
    for (const call of repeated) call.carrier = null;
    this.#end(fault);
    this.setup.peer.onLost(this, fault);
    for (const call of repeated) this.#interrupt(call);
    void this.#transport.close();
  }

  onSuspicion(): void {
    if (!this.#isOver && this.#isEstablished) this.setup.peer.onSuspicion(this);
  }

  #onAnswer(message: IncomingMessage, streamOf: number): MessageFate {
    const id = message.id();
    const isExpectedHere = streamOf === 0 ? this.#transport.hasSharedAnswers : id === streamOf;
    const call = id === undefined || !isExpectedHere ? undefined : this.#callOf(id);
    if (call === undefined) {
      this.#dropped++;
      return 'dropped';
    }
    const { upstream, redactor } = this.setup;
    const result = message.object('result');
    const isError = message.has('error');
    const error = isError ? readRpcError(message, redactor) : null;
    if (error !== null) call.succeed({ kind: 'error', error });
    else if (result !== undefined && !isError) call.succeed({ kind: 'result', result });
    else call.fail(new GatewayError('UPSTREAM_INVALID_RESPONSE', { upstream }));
    return 'answered';
  }

  /**
   * On a stream shared by all, a broken message may be the answer to any call. Noise on a child's stdout, which many
   * servers print, is none.
   */
  #onBroken(chunks: readonly Buffer[], streamOf: number): MessageFate {
    if (streamOf !== 0) return 'invalid';
    this.#dropped++;
    if (
      !this.#transport.hasSharedAnswers ||
      (this.#transport.kind === 'stdio' && !looksLikeMessage(chunks))
    ) {
      return 'invalid';
    }
    const error = new GatewayError('UPSTREAM_INVALID_RESPONSE', { upstream: this.setup.upstream });
    const guessed = this.#callOf(guessAnsweredId(chunks));
    if (guessed !== undefined) guessed.fail(error);
    else for (const call of this.#calls()) call.fail(error);
    return 'invalid';
  }

  #onNotification(method: string, message: IncomingMessage, streamOf: number): void {
    const listKind = listKindOf(method);
    if (method === 'notifications/progress') this.#onProgress(message, streamOf);
    else if (method === 'notifications/cancelled')
      this.#clientRequests.cancel(message.json('params') ?? '{}');
    else if (listKind !== null) this.setup.peer.onListChanged(listKind);
    else {
      const notification = { method, paramsJson: message.json('params') ?? '{}' };
      const isOfNobody = method === 'notifications/resources/updated' || streamOf === 0;
      const listener = isOfNobody ? undefined : this.#callOf(streamOf)?.request.onNotification;
      if (listener === undefined) this.setup.peer.onNotification(notification);
      else listener(notification);
    }
  }

  #onProgress(message: IncomingMessage, streamOf: number): void {
    const progress = readProgress(message);
    const isExpectedHere = progress !== null && (streamOf === 0 || progress.token === streamOf);
    const call = isExpectedHere ? this.#callOf(progress.token) : undefined;
    if (progress === null || call === undefined) this.#dropped++;
    else call.request.onNotification?.({ method: 'notifications/progress', paramsJson: progress.paramsJson });
  }

  #mayRepeat(call: PendingCall, fault: TransportFault): boolean {
    return call.request.isRepeatable === true && fault.isBroken && this.#isEstablished && !call.wasResent;
  }

  /** Hands a call back, to be sent once more on another connection. */
  #interrupt(call: PendingCall): void {
    call.carrier = null;
    call.wasResent = true;
    this.setup.peer.onInterrupted(this, call);
  }

  #callOf(id: number): PendingCall | undefined {
    const call = this.setup.calls.get(id);
    return call?.carrier === this ? call : undefined;
  }

  #calls(): PendingCall[] {
    return this.setup.calls.all().filter((call) => call.carrier === this);
  }

  #end(fault: TransportFault): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#clientRequests.abort();
    for (const call of this.#calls()) call.fail(fault.toGatewayError(this.setup.upstream));
  }
}

function isOutage(fault: TransportFault): boolean {
  return fault.code === 'UPSTREAM_UNAVAILABLE';
}

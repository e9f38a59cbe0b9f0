import { GatewayError } from '../../core/errors.js';
import type { Redactor } from '../redactor.js';
import type { MessageFate, Transport, TransportListener } from '../transports/transport.js';
import { TransportFault } from '../transports/transport-fault.js';
import type { ProtocolMemory } from '../protocol-memory.js';
import type { CallTable } from './call-table.js';
import type { ConnectionPeer } from './connection-peer.js';
import type { Dialect } from './dialect/dialect.js';
import { LegacyDialect } from './dialect/legacy-dialect.js';
import { eraChanged } from './dialect/modern-errors.js';
import { IncomingMessage } from './incoming-message.js';
import { listKindOf } from './list-kind.js';
import type { CallCarrier, PendingCall } from './pending-call.js';
import { readProgress } from './progress.js';
import { readRpcError } from './rpc-error.js';
import { guessAnsweredId, looksLikeMessage } from './broken-message.js';

export interface ConnectionSetup {
  /** Name of the upstream, for errors. */
  readonly upstream: string;
  readonly calls: CallTable;
  readonly peer: ConnectionPeer;
  readonly redactor: Redactor;
  /** What was found out about how the upstream speaks. */
  readonly memory: ProtocolMemory;
}

/** One conversation with an upstream: matches answers, progress and requests with the calls that caused them. */
export class Connection implements TransportListener, CallCarrier {
  #transport!: Transport;
  #dialect: Dialect;
  #isOver = false;
  #isEstablished = false;
  #dropped = 0;

  constructor(private readonly setup: ConnectionSetup) {
    this.#dialect = new LegacyDialect(this, setup.peer);
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

  /** The upstream has answered the handshake. */
  get isEstablished(): boolean {
    return this.#isEstablished;
  }

  get dialect(): Dialect {
    return this.#dialect;
  }

  /** Goes on in another dialect, as long as the handshake is not over. */
  speak(dialect: Dialect): void {
    this.#dialect = dialect;
  }

  established(protocolVersion: string): void {
    this.#isEstablished = true;
    this.#transport.established(protocolVersion);
  }

  /** The handshake is over: what the upstream sends unasked may come. */
  listen(): void {
    this.#dialect.listen();
  }

  dispatch(call: PendingCall): void {
    call.carrier = this;
    this.#dialect.dispatch(call);
  }

  notify(method: string, paramsJson: string): Promise<TransportFault | null> {
    if (this.#isOver) return Promise.resolve(null);
    const params = paramsJson === '' ? '' : `,"params":${paramsJson}`;
    return this.#transport.send(`{"jsonrpc":"2.0","method":${JSON.stringify(method)}${params}}`);
  }

  withdraw(call: PendingCall, reason: string): void {
    if (this.#isOver) return;
    this.#dialect.withdraw(call, reason);
    this.#transport.abandon(call.id);
  }

  /** How many calls wait for an answer on this connection. */
  carried(): number {
    return this.calls().length;
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
    else this.#dialect.onRequest(method, idJson, message.json('params') ?? '{}');
    return 'taken';
  }

  onRequestFault(id: number, fault: TransportFault): void {
    const call = this.#callOf(id);
    if (call === undefined) {
      this.#dialect.onStreamEnd(id, fault);
      return;
    }
    if (this.#isEstablished && this.#dialect.isMistaken(fault)) {
      this.forsake(call);
      return;
    }
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

  /** The upstream speaks otherwise now: that is found out anew, and the call, which did not run, is made again. */
  forsake(call: PendingCall): void {
    this.setup.memory.forget();
    if (call.wasResent) call.fail(eraChanged().toGatewayError(this.setup.upstream));
    else this.#interrupt(call);
  }

  onLost(fault: TransportFault): void {
    if (this.#isOver) return;
    const repeated = this.calls().filter((call) => this.#mayRepeat(call, fault));
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
      if (id !== undefined && isExpectedHere && this.#dialect.onStreamEnd(id, null)) return 'answered';
      if (id === undefined && streamOf !== 0 && this.#onNamelessError(message, streamOf)) return 'answered';
      this.#dropped++;
      return 'dropped';
    }
    const { upstream, redactor } = this.setup;
    const result = message.takenApart('result');
    const isError = message.has('error');
    const error = isError ? readRpcError(message, redactor) : null;
    if (error !== null) this.#dialect.onError(call, error);
    else if (result !== undefined && !isError) this.#dialect.onResult(call, result);
    else call.fail(new GatewayError('UPSTREAM_INVALID_RESPONSE', { upstream }));
    return 'answered';
  }

  /** An error without an id, on the stream of one request, where the era says that it may be that request's. */
  #onNamelessError(message: IncomingMessage, streamOf: number): boolean {
    const call = this.#callOf(streamOf);
    if (call === undefined || (message.json('id') ?? 'null') !== 'null') return false;
    const error = readRpcError(message, this.setup.redactor);
    if (error === null || !this.#dialect.leavesIdsOut(error)) return false;
    this.#dialect.onError(call, error);
    return true;
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
    else for (const call of this.calls()) call.fail(error);
    return 'invalid';
  }

  #onNotification(method: string, message: IncomingMessage, streamOf: number): void {
    if (method === 'notifications/progress') {
      this.#onProgress(message, streamOf);
      return;
    }
    const listKind = listKindOf(method);
    if (method === 'notifications/cancelled') this.#dialect.onCancelled(message.json('params') ?? '{}');
    else if (listKind !== null) this.setup.peer.onListChanged(listKind);
    else {
      const notification = { method, paramsJson: message.json('params') ?? '{}' };
      try {
        this.#dialect.onNotification(notification, streamOf === 0 ? undefined : this.#callOf(streamOf));
      } catch {
        // Its strings are not JSON after all: the scan that found its members does not look into them.
        this.#dropped++;
      }
    }
  }

  #onProgress(message: IncomingMessage, streamOf: number): void {
    const progress = readProgress(message);
    const isExpectedHere = progress !== null && (streamOf === 0 || progress.token === streamOf);
    const call = isExpectedHere ? this.#callOf(progress.token) : undefined;
    if (progress === null || call === undefined) this.#dropped++;
    else {
      call.onProgress();
      call.request.onNotification?.({ method: 'notifications/progress', paramsJson: progress.paramsJson });
    }
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

  /** Calls that wait for an answer on this connection, oldest first. */
  calls(): PendingCall[] {
    return this.setup.calls.all().filter((call) => call.carrier === this);
  }

  #end(fault: TransportFault): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#dialect.close();
    for (const call of this.calls()) call.fail(fault.toGatewayError(this.setup.upstream));
  }
}

function isOutage(fault: TransportFault): boolean {
  return fault.code === 'UPSTREAM_UNAVAILABLE';
}

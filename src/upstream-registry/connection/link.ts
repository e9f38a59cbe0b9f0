import { GatewayError } from '../../core/errors.js';
import type { UpstreamCall, UpstreamLink, UpstreamNotification, UpstreamRequest } from '../upstream.js';
import type { UpstreamMetrics } from '../upstream-metrics.js';
import { TransportFault } from '../transports/transport-fault.js';
import type { Admission, CallStarter } from './admission.js';
import type { CallTable, CallTimes } from './call-table.js';
import type { CircuitBreakers } from './circuit-breakers.js';
import type { AnswerRequest } from './client-requests.js';
import type { Connection } from './connection.js';
import type { ConnectionPeer } from './connection-peer.js';
import type { ConnectionKeeper } from './connection-keeper.js';
import type { ListKind } from './list-kind.js';
import type { CallOwner, PendingCall } from './pending-call.js';

/** What a link does not decide itself. */
export interface LinkOwner {
  readonly answerRequest: AnswerRequest;
  onNotification(notification: UpstreamNotification): void;
  onListChanged(kind: ListKind): void;
  onSuspicion(connection: Connection): void;
}

export interface LinkParts {
  readonly calls: CallTable;
  readonly admission: Admission;
  readonly breakers: CircuitBreakers;
  readonly metrics: UpstreamMetrics | null;
}

export interface LinkTimes extends CallTimes {
  /** How long a call waits for a connection that is not there. */
  readonly connectWaitMs: number;
  /** How long it waits for one that is opened anew because the upstream forgot the last. */
  readonly renewWaitMs: number;
}

/** Requests to one upstream over the connection that its keeper keeps: let in, sent, sent again at most once, settled. */
export class Link implements UpstreamLink, ConnectionPeer, CallOwner, CallStarter {
  readonly answerRequest: AnswerRequest;
  #keeper!: ConnectionKeeper;
  #isClosed = false;

  constructor(
    private readonly upstream: string,
    private readonly parts: LinkParts,
    private times: LinkTimes,
    private readonly owner: LinkOwner,
  ) {
    this.answerRequest = owner.answerRequest;
  }

  /** Set once, right after construction: the keeper's connections report to the link. */
  attach(keeper: ConnectionKeeper): void {
    this.#keeper = keeper;
  }

  configure(times: LinkTimes): void {
    this.times = times;
  }

  request(request: UpstreamRequest): UpstreamCall {
    const { calls, breakers, admission } = this.parts;
    const call = calls.open(request, this.times, this);
    const waitMs = breakers.admit(request);
    if (this.#isClosed) call.fail(this.#unavailable());
    else if (waitMs > 0) call.fail(this.#unavailable(Math.ceil(waitMs / 1_000)));
    else admission.enter(call, this);
    return call;
  }

  notify(method: string, paramsJson: string): void {
    void this.#keeper.current?.connection.notify(method, paramsJson);
  }

  async close(): Promise<void> {
    await this.drain(0);
  }

  /** Takes no more calls; those in flight may still take so long. */
  async drain(drainMs: number): Promise<void> {
    this.#isClosed = true;
    await this.#keeper.close(drainMs);
    for (const call of this.parts.calls.all()) call.fail(this.#unavailable());
    this.parts.calls.close();
  }

  start(call: PendingCall): void {
    const open = this.#keeper.current;
    if (open === null) this.#await(call, this.times.connectWaitMs);
    else this.#dispatch(call, open.connection);
  }

  onCallEnd(call: PendingCall, error: GatewayError | null): void {
    const { admission, breakers, metrics } = this.parts;
    admission.leave(call);
    if (error === null) breakers.onAnswer(call.request);
    else if (call.carrier !== null) breakers.onFailure(call.request, error);
    metrics?.record(
      this.upstream,
      error === null ? 'answered' : error.code,
      performance.now() - call.startedAt,
    );
  }

  onNotification(notification: UpstreamNotification): void {
    this.owner.onNotification(notification);
  }

  onListChanged(kind: ListKind): void {
    this.owner.onListChanged(kind);
  }

  onSuspicion(connection: Connection): void {
    this.owner.onSuspicion(connection);
  }

  onInterrupted(connection: Connection, call: PendingCall): void {
    this.#keeper.renew(connection, this.times.timeoutMs);
    this.#await(call, this.times.renewWaitMs);
  }

  onLost(connection: Connection, fault: TransportFault): void {
    this.#keeper.lost(connection, fault);
  }

  #await(call: PendingCall, waitMs: number): void {
    const timer = setTimeout(() => call.fail(this.#unavailable()), waitMs);
    void this.#keeper.acquire().then(
      ({ connection }) => {
        clearTimeout(timer);
        if (!call.isSettled) this.#dispatch(call, connection);
      },
      (fault: unknown) => {
        clearTimeout(timer);
        call.fail(TransportFault.of(fault, 'connect').toGatewayError(this.upstream));
      },
    );
  }

  #dispatch(call: PendingCall, connection: Connection): void {
    try {
      connection.dispatch(call);
    } catch (cause) {
      call.fail(new GatewayError('INTERNAL', {}, { cause }));
    }
  }

  #unavailable(retryAfterSeconds?: number): GatewayError {
    const details = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    return new GatewayError('UPSTREAM_UNAVAILABLE', { upstream: this.upstream, ...details });
  }
}

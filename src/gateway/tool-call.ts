import { performance } from 'node:perf_hooks';

import type { AuditOutcome } from '../core/audit-entry.js';
import { GatewayError } from '../core/errors.js';
import type { AccessTarget } from '../core/permission.js';
import type { Principal } from '../core/principal.js';
import type { JsonBytes, RpcOutcome } from '../core/rpc.js';
import type { LimitLease } from '../limits/limiter.service.js';
import type {
  RequestClient,
  Upstream,
  UpstreamCall,
  UpstreamNotification,
} from '../upstream-registry/upstream.js';
import { chargeFor, type CallRecord } from './call-ledger.service.js';
import type { Caller } from './caller.js';
import type { InFlightCall } from './in-flight-calls.js';
import type { ToolRoute } from './principal-view.js';
import { isToolError } from './tool-result.js';

/** A tool call as an edge asks for it. */
export interface ToolCallRequest {
  /** As the client wrote it: qualified, or bare where that is unambiguous. */
  readonly name: string;
  /** JSON text of `params` for the upstream, with its own tool name and, if progress is wanted, `token`. */
  encodeParams(upstreamNameJson: string, token: number): string;
  /** Bytes of the arguments, for the audit trail. */
  readonly requestBytes: number;
  /** JSON text of the arguments; read only when the audit trail keeps arguments. */
  readonly argumentsJson: () => string;
  readonly onNotification?: (notification: UpstreamNotification) => void;
  /** Whom upstreams that want to know may ask; left out: nobody. */
  readonly client?: RequestClient;
}

/** A tool call under way through the one door. */
export interface GatewayCall {
  readonly upstream: Upstream;
  /** Settles once; rejects with a GatewayError. */
  readonly outcome: Promise<RpcOutcome>;
  /** Idempotent; the outcome rejects with CANCELLED unless it was there already. */
  cancel(reason: string): void;
}

/** The life of one allowed call: limited, sent, answered or cancelled, and told of exactly once. */
export class RunningToolCall implements GatewayCall, InFlightCall {
  readonly outcome: Promise<RpcOutcome>;
  readonly #startedAt = performance.now();
  #sentAt: number | null = null;
  #upstreamCall: UpstreamCall | undefined;
  #lease: LimitLease | undefined;
  #cancelReason: string | undefined;
  #revokedBy: GatewayError | undefined;
  principal: Principal;
  place = -1;

  constructor(
    private readonly route: ToolRoute,
    caller: Caller,
    lease: LimitLease | Promise<LimitLease>,
    send: (call: RunningToolCall) => UpstreamCall,
    private readonly onEnd: (call: RunningToolCall, record: CallRecord) => void,
  ) {
    this.principal = caller.principal;
    this.outcome =
      lease instanceof Promise
        ? lease.then((granted) => this.#send(granted, send)).then(this.#onAnswer, this.#onFault)
        : this.#send(lease, send).then(this.#onAnswer, this.#onFault);
  }

  get upstream(): Upstream {
    return this.route.upstream;
  }

  get target(): AccessTarget {
    const { upstream, tool } = this.route;
    return { upstream: upstream.config.name, tool: tool.name };
  }

  cancel(reason: string): void {
    this.#cancelReason ??= reason;
    this.#upstreamCall?.cancel(reason);
  }

  revoke(error: GatewayError): void {
    this.#revokedBy ??= error;
    this.cancel('its key may not make this call any more');
  }

  #send(lease: LimitLease, send: (call: RunningToolCall) => UpstreamCall): Promise<RpcOutcome> {
    this.#lease = lease;
    if (this.#cancelReason !== undefined) return Promise.reject(new GatewayError('CANCELLED'));
    this.#sentAt = performance.now();
    this.#upstreamCall = send(this);
    return this.#upstreamCall.outcome;
  }

  readonly #onAnswer = (outcome: RpcOutcome): RpcOutcome => {
    if (outcome.kind === 'result') this.#end(resultOutcome(outcome.result), null, outcome.result.byteLength);
    else this.#end('error', `rpc_${outcome.error.code}`, 0);
    return outcome;
  };

  readonly #onFault = (fault: unknown): never => {
    const error = this.#errorOf(fault);
    const outcome = error === this.#revokedBy ? 'denied' : faultOutcome(error);
    this.#end(outcome, error.definition.code, 0);
    throw error;
  };

  #errorOf(fault: unknown): GatewayError {
    if (!(fault instanceof GatewayError)) return new GatewayError('INTERNAL', {}, { cause: fault });
    return fault.code === 'CANCELLED' ? (this.#revokedBy ?? fault) : fault;
  }

  #end(outcome: AuditOutcome, errorCode: string | null, responseBytes: number): void {
    const now = performance.now();
    this.#lease?.leave({ cost: chargeFor(this.route, { outcome }) });
    this.onEnd(this, {
      outcome,
      errorCode,
      durationMs: now - this.#startedAt,
      upstreamDurationMs: this.#sentAt === null ? null : now - this.#sentAt,
      responseBytes,
    });
  }
}

function resultOutcome(result: JsonBytes): AuditOutcome {
  return isToolError(result) ? 'tool_error' : 'success';
}

function faultOutcome(error: GatewayError): AuditOutcome {
  if (error.code === 'CANCELLED') return 'cancelled';
  return error.definition.status === 429 ? 'limited' : 'error';
}

import { GatewayError, type ErrorCode } from '../../core/errors.js';

/** Where in the life of a connection something went wrong. */
export type FaultStage =
  | 'spawn'
  | 'connect'
  | 'endpoint'
  | 'discover'
  | 'initialize'
  | 'list'
  | 'ping'
  | 'call'
  | 'stream'
  | 'process';

/**
 * How far a fault reaches.
 * `request`: this request alone, which may have run. `session`: the upstream does not know our session, so the request
 * did not run. `connection`: nothing is reachable there; the request was not sent.
 */
export type FaultScope = 'request' | 'session' | 'connection';

export interface FaultOptions {
  readonly scope?: FaultScope;
  /** The upstream answered, but not as one of this transport would: another transport is worth a try. */
  readonly isMismatch?: boolean;
  /** The upstream refused to look at the request at all: it did not run. */
  readonly isRefusal?: boolean;
  /** The network or the process broke off under the request; it may have run. */
  readonly isBroken?: boolean;
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** A fault of an upstream as a transport sees it. `message` is ours: it never holds text of the upstream. */
export class TransportFault extends Error {
  override readonly name = 'TransportFault';
  readonly scope: FaultScope;
  readonly isMismatch: boolean;
  readonly isRefusal: boolean;
  readonly isBroken: boolean;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ErrorCode,
    readonly stage: FaultStage,
    message: string,
    options: FaultOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.scope = options.scope ?? 'request';
    this.isMismatch = options.isMismatch ?? false;
    this.isRefusal = options.isRefusal ?? false;
    this.isBroken = options.isBroken ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** As the domain knows it; the fault itself becomes the cause, for the log. */
  toGatewayError(upstream: string): GatewayError {
    const details =
      this.retryAfterSeconds === undefined
        ? { upstream }
        : { upstream, retryAfterSeconds: this.retryAfterSeconds };
    return new GatewayError(this.code, details, { cause: this });
  }

  static of(error: unknown, stage: FaultStage): TransportFault {
    if (error instanceof TransportFault) return error;
    return new TransportFault('UPSTREAM_UNAVAILABLE', stage, 'failed', { cause: error });
  }
}

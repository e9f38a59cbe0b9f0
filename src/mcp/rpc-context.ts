import { GatewayError } from '../core/errors.js';
import type { Caller } from '../gateway/caller.js';
import type { ClientFeatures } from '../core/client-features.js';
import type { PrincipalView } from '../gateway/principal-view.js';
import type { InputPath, RequestClient, Upstream } from '../gateway/upstream-types.js';
import { toRpcError } from '../http/error-response.js';
import type { GatewayRequest } from '../http/gateway-request.js';
import type { Exchange, HttpAnswer, ResultJson } from './exchange.js';
import type { McpSession } from './mcp-session.js';
import { scopeOf } from './request-checks.js';
import type { RpcRequest } from './rpc-message.js';

/** The HTTP request a message came in. */
export type MessageOrigin = Pick<GatewayRequest, 'requestId' | 'url' | 'headers'>;

/** One client request under way: what was asked, where its answers go, and how it is called off. */
export class RpcContext implements RequestClient {
  #call: { cancel(reason: string): void } | undefined;
  #cancelReason: string | undefined;
  #upstream: Upstream | null = null;

  constructor(
    readonly session: McpSession,
    readonly message: RpcRequest,
    readonly exchange: Exchange,
    private readonly origin: MessageOrigin,
  ) {}

  get isCancelled(): boolean {
    return this.#cancelReason !== undefined;
  }

  get requestId(): string {
    return this.origin.requestId;
  }

  /** What the request may use: of its session, what it narrows itself to. Throws NOT_FOUND. */
  view(): PrincipalView {
    return this.session.viewWithin(scopeOf(this.origin));
  }

  get features(): ClientFeatures {
    return this.session.clientFeatures;
  }

  get logLevel(): string | null {
    return this.session.wantedLogLevel;
  }

  /** The way of what an upstream wants to know before it goes on with this request. */
  get input(): InputPath {
    const { session, exchange } = this;
    if (exchange.retry !== undefined) return exchange.retry.input;
    return {
      kind: 'asked',
      ask: (method, paramsJson, signal) => session.ask(exchange, method, paramsJson, signal),
    };
  }

  /**
   * What the params say about an earlier answer to this request, as the upstream may have it: only a state that it gave
   * out itself, and nothing at all from a client whose revision knows no such thing.
   */
  inputMembers(): Readonly<Record<string, string | undefined>> {
    const { retry } = this.exchange;
    if (retry !== undefined) return { requestState: retry.stateJson };
    const { requestState, inputResponses } = this.message.params;
    if (requestState === undefined && inputResponses === undefined) return nothing;
    return { requestState: undefined, inputResponses: undefined };
  }

  caller(): Caller {
    return this.session.caller(this.origin.requestId, this.origin.headers);
  }

  /** The upstream that works on this request; null before one was asked. */
  get upstream(): Upstream | null {
    return this.#upstream;
  }

  /** Names who works on the request, and what to cancel when the client calls it off: at once when it did already. */
  track<T extends { cancel(reason: string): void }>(call: T, upstream: Upstream): T {
    this.#upstream = upstream;
    this.#call = call;
    if (this.#cancelReason !== undefined) call.cancel(this.#cancelReason);
    return call;
  }

  cancel(reason: string): void {
    this.#cancelReason ??= reason;
    this.#call?.cancel(reason);
  }

  /** Answers with an error. */
  fail(error: GatewayError): void {
    this.exchange.fail(this.message.id, toRpcError(error, this.requestId), httpAnswerOf(error));
  }

  /** A string parameter. Throws INVALID_PARAMS. */
  requireString(name: string): string {
    const value = this.message.params[name];
    if (typeof value === 'string' && value !== '') return value;
    throw new GatewayError('INVALID_PARAMS', {
      param: name,
      message: `"${name}" must be a non-empty string.`,
    });
  }
}

/** Limits and ended keys are told in HTTP too: what stands between client and gateway understands that. */
function httpAnswerOf({ definition: { status }, details }: GatewayError): HttpAnswer | undefined {
  if (status === 401) return { status, headers: { 'WWW-Authenticate': 'Bearer' } };
  if (status !== 429) return undefined;
  return { status, headers: { 'Retry-After': String(details.retryAfterSeconds ?? 1) } };
}

const nothing: Readonly<Record<string, string | undefined>> = {};

/** Answers a request. Throws a GatewayError, or an UpstreamRpcError to pass an upstream's own error on. */
export type RpcHandler = (context: RpcContext) => ResultJson | Promise<ResultJson>;

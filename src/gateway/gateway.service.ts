import { Injectable } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import { LimiterService } from '../limits/limiter.service.js';
import type { Upstream, UpstreamCall, UpstreamLink, UpstreamRequest } from '../upstream-registry/upstream.js';
import { CallLedger } from './call-ledger.service.js';
import type { Caller } from './caller.js';
import { forwardedHeaders } from './forwarded-headers.js';
import { InFlightCalls } from './in-flight-calls.js';
import type { PrincipalView, ToolRoute } from './principal-view.js';
import { RunningRequest } from './running-request.js';
import { RunningToolCall, type GatewayCall, type ToolCallRequest } from './tool-call.js';
import { ViewService } from './view.service.js';

/**
 * The one door: every surface lists and calls through it. Authorize, limit, route, call, audit, measure, in this order
 * and nowhere else.
 */
@Injectable()
export class GatewayService {
  constructor(
    private readonly views: ViewService,
    private readonly inFlight: InFlightCalls,
    private readonly limiter: LimiterService,
    private readonly ledger: CallLedger,
  ) {}

  /** Raised by anything that can change what any principal sees. */
  get revision(): number {
    return this.views.revision;
  }

  /** What the caller may use, compiled. Throws NOT_FOUND for a scope that names anything unknown or forbidden. */
  view(caller: Pick<Caller, 'principal' | 'scope' | 'features'>): PrincipalView {
    return this.views.view(caller.principal.policy, caller.scope, caller.features);
  }

  /** Resolves when it is known of all upstreams what they offer clients that can be asked, or after a while. */
  settle(): Promise<void> {
    return this.views.settle();
  }

  /** Throws UNKNOWN_TOOL, AMBIGUOUS_TOOL_NAME or a limit at once; the call's outcome says the rest. */
  callTool(caller: Caller, view: PrincipalView, request: ToolCallRequest): GatewayCall {
    if (this.ledger.isFull) {
      throw new GatewayError('OVERLOADED', {
        message: 'The audit trail cannot be written.',
        retryAfterSeconds: 10,
      });
    }
    const route = this.#route(caller, view, request);
    const { upstream } = route;
    const { principal } = caller;
    let lease;
    try {
      lease = this.limiter.enter(principal, {
        kind: 'tool_call',
        upstream: upstream.config.name,
        upstreamId: upstream.config.id,
        isNested: caller.surface === 'completion',
      });
    } catch (error) {
      this.#refused(caller, request, route, error);
      throw error;
    }
    const call = new RunningToolCall(
      route,
      caller,
      lease,
      () => linkOf(caller, upstream).request(toUpstreamRequest(caller, route, request)),
      (ended, record) => {
        this.inFlight.remove(ended);
        this.ledger.record(caller, request, route, record);
      },
    );
    this.inFlight.add(call);
    return call;
  }

  /**
   * A request that is not a tool call (resources, prompts, completion), for an upstream the view shows as a whole.
   * Counts against the request limits.
   */
  async ask(caller: Caller, upstream: Upstream, request: UpstreamRequest): Promise<UpstreamCall> {
    const lease = await this.limiter.enter(caller.principal, { kind: 'request' });
    const headers = forwardedHeaders(upstream, caller);
    const sent = linkOf(caller, upstream).request(headers === undefined ? request : { ...request, headers });
    const call = new RunningRequest(caller.principal, { upstream: upstream.config.name }, sent, (ended) => {
      this.inFlight.remove(ended);
      lease.leave({});
    });
    this.inFlight.add(call);
    return call;
  }

  #route(caller: Caller, view: PrincipalView, request: ToolCallRequest): ToolRoute {
    try {
      return view.tool(request.name);
    } catch (error) {
      this.#refused(caller, request, null, error);
      throw error;
    }
  }

  #refused(caller: Caller, request: ToolCallRequest, route: ToolRoute | null, error: unknown): void {
    const known = error instanceof GatewayError ? error : new GatewayError('INTERNAL', {}, { cause: error });
    const limited = known.definition.status === 429;
    this.ledger.record(caller, request, route, {
      outcome: limited ? 'limited' : 'denied',
      errorCode: known.definition.code,
      durationMs: 0,
      upstreamDurationMs: null,
      responseBytes: 0,
    });
  }
}

function linkOf(caller: Caller, upstream: Upstream): UpstreamLink {
  return caller.linkTo?.(upstream) ?? upstream.shared;
}

function toUpstreamRequest(caller: Caller, route: ToolRoute, request: ToolCallRequest): UpstreamRequest {
  const headers = forwardedHeaders(route.upstream, caller);
  const { onNotification, client } = request;
  const { tool } = route;
  return {
    method: 'tools/call',
    name: tool.name,
    tool,
    encodeParams: (token) => request.encodeParams(route.nameJson, token),
    isRepeatable: route.isRepeatable,
    ...(headers === undefined ? {} : { headers }),
    ...(onNotification === undefined ? {} : { onNotification }),
    ...(client === undefined ? {} : { client }),
  };
}

import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import type { Principal } from '../../core/principal.js';
import { InFlightCalls, type InFlightCall } from '../../gateway/in-flight-calls.js';
import { LimiterService, type LimitLease } from '../../limits/limiter.service.js';
import { UsageService } from '../../limits/usage.service.js';
import type { UsageLease, UsagePort, UsageReport, UsageRequest } from './usage-port.js';

/**
 * Limits, budgets and spend of completions: entered before, settled after each answer of a provider. What is let in is
 * a call under way, which ends with its key.
 */
@Injectable()
export class LimitedUsage implements UsagePort {
  constructor(
    private readonly limiter: LimiterService,
    private readonly usage: UsageService,
    private readonly inFlight: InFlightCalls,
  ) {}

  begin(principal: Principal, request: UsageRequest): UsageLease | Promise<UsageLease> {
    const lease = this.limiter.enter(principal, { kind: 'completion' });
    return lease instanceof Promise
      ? lease.then((granted) => this.#run(principal, request, granted))
      : this.#run(principal, request, lease);
  }

  #run(principal: Principal, request: UsageRequest, lease: LimitLease): UsageLease {
    const running = new RunningCompletion(principal, request, lease, this.usage, this.inFlight);
    this.inFlight.add(running);
    return running;
  }
}

class RunningCompletion implements UsageLease, InFlightCall {
  /** Models are no matter of object permissions; each round of a completion asks for its tools anew. */
  readonly target = null;
  place = -1;
  #isSettled = false;

  constructor(
    public principal: Principal,
    private readonly request: UsageRequest,
    private readonly lease: LimitLease,
    private readonly usage: UsageService,
    private readonly inFlight: InFlightCalls,
  ) {}

  check(): void {
    this.lease.check();
  }

  settle({ model, inputTokens, outputTokens, costUsd }: UsageReport): void {
    this.#isSettled = true;
    this.lease.spend({ tokens: inputTokens + outputTokens, cost: costUsd });
    this.usage.record(this.principal, {
      model,
      promptTokens: inputTokens,
      completionTokens: outputTokens,
      cost: costUsd,
    });
  }

  end(): void {
    this.inFlight.remove(this);
    if (!this.#isSettled) this.usage.record(this.principal, { model: this.request.model, isFailed: true });
    this.lease.leave();
  }

  cancel(reason: string): void {
    this.revoke(new GatewayError('CANCELLED', { message: reason }));
  }

  revoke(error: GatewayError): void {
    this.request.stop(error);
  }
}

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

  begin(principal: Principal, { stop }: UsageRequest): UsageLease | Promise<UsageLease> {
    const lease = this.limiter.enter(principal, { kind: 'completion' });
    return lease instanceof Promise
      ? lease.then((granted) => this.#lease(principal, granted, stop))
      : this.#lease(principal, lease, stop);
  }

  #lease(principal: Principal, lease: LimitLease, stop: UsageRequest['stop']): UsageLease {
    const call = new RunningCompletion(principal, stop);
    this.inFlight.add(call);
    return new CompletionLease(principal, lease, this.usage, () => this.inFlight.remove(call));
  }
}

class RunningCompletion implements InFlightCall {
  /** Models are no matter of object permissions; each round of a completion asks for its tools anew. */
  readonly target = null;

  constructor(
    public principal: Principal,
    readonly revoke: UsageRequest['stop'],
  ) {}

  cancel(reason: string): void {
    this.revoke(new GatewayError('CANCELLED', { message: reason }));
  }
}

class CompletionLease implements UsageLease {
  constructor(
    private readonly principal: Principal,
    private readonly lease: LimitLease,
    private readonly usage: UsageService,
    private readonly onEnd: () => void,
  ) {}

  check(): void {
    this.lease.check();
  }

  settle({ model, inputTokens, outputTokens, costUsd }: UsageReport): void {
    this.lease.spend({ tokens: inputTokens + outputTokens, cost: costUsd });
    this.usage.record(this.principal, {
      model,
      promptTokens: inputTokens,
      completionTokens: outputTokens,
      cost: costUsd,
    });
  }

  end(): void {
    this.onEnd();
    this.lease.leave();
  }
}

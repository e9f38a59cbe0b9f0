import { Injectable } from '@nestjs/common';

import type { Principal } from '../../core/principal.js';
import { LimiterService, type LimitLease } from '../../limits/limiter.service.js';
import { UsageService } from '../../limits/usage.service.js';
import type { UsageLease, UsagePort, UsageReport } from './usage-port.js';

/** Limits, budgets and spend of completions: entered before, settled after each answer of a provider. */
@Injectable()
export class LimitedUsage implements UsagePort {
  constructor(
    private readonly limiter: LimiterService,
    private readonly usage: UsageService,
  ) {}

  begin(principal: Principal): UsageLease | Promise<UsageLease> {
    const lease = this.limiter.enter(principal, { kind: 'completion' });
    return lease instanceof Promise
      ? lease.then((granted) => this.#lease(principal, granted))
      : this.#lease(principal, lease);
  }

  #lease(principal: Principal, lease: LimitLease): UsageLease {
    return new CompletionLease(principal, lease, this.usage);
  }
}

class CompletionLease implements UsageLease {
  constructor(
    private readonly principal: Principal,
    private readonly lease: LimitLease,
    private readonly usage: UsageService,
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
    this.lease.leave();
  }
}

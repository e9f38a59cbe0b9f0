import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';

import { authorize } from '../core/authorize.js';
import { GatewayError } from '../core/errors.js';
import type { AccessTarget, PermissionUniverse } from '../core/permission.js';
import type { Principal } from '../core/principal.js';
import { InFlightCalls, type InFlightCall } from './in-flight-calls.js';
import { ViewService } from './view.service.js';

/** Ends what is under way for whoever may not have it any more: also what still waits for its upstream. */
@Injectable()
export class CallRevocation implements OnModuleInit, OnModuleDestroy {
  #stop: () => void = () => undefined;

  constructor(
    private readonly calls: InFlightCalls,
    private readonly views: ViewService,
  ) {}

  onModuleInit(): void {
    // A server may have left an access group or a toolset.
    this.#stop = this.views.onChange(() => this.#judge(this.calls.all()));
  }

  onModuleDestroy(): void {
    this.#stop();
  }

  /** A secret of a key does not count any more. `isIts`: whether a principal came with it. */
  keyEnded(keyId: string, isIts: (principal: Principal) => boolean, error: GatewayError): void {
    for (const call of this.calls.of(keyId)) if (isIts(call.principal)) call.revoke(error);
  }

  /** What a key may do has changed. */
  keyChanged(next: Principal, isIts: (principal: Principal) => boolean): void {
    const calls = this.calls.of(next.keyId).filter(({ principal }) => isIts(principal));
    for (const call of calls) call.principal = next;
    this.#judge(calls);
  }

  #judge(calls: readonly InFlightCall[]): void {
    const { universe } = this.views;
    for (const call of calls) {
      const { target, principal } = call;
      if (target === null || authorize(principal.policy, universe, target).allowed) continue;
      call.revoke(notAllowed(target, universe));
    }
  }
}

/** What the caller would hear who asks now. */
function notAllowed({ upstream, tool }: AccessTarget, universe: PermissionUniverse): GatewayError {
  if (tool === undefined) return new GatewayError('NOT_FOUND');
  return new GatewayError('UNKNOWN_TOOL', { tool: universe.qualifiedName(upstream, tool) });
}

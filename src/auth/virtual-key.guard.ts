import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';

import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import { pathOf, type GatewayRequest } from '../http/gateway-request.js';
import { publicRoute } from '../http/public.decorator.js';
import { mayCallRoute } from './allowed-routes.js';
import { Authenticator } from './authenticator.service.js';
import { VirtualKeyStrategy } from './virtual-key.strategy.js';

/**
 * Every route's guard: no request passes without a virtual key that may call it, except where `@Public()` says so.
 * Sets `request.principal`.
 */
@Injectable()
export class VirtualKeyGuard extends AuthGuard() {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly reflector: Reflector,
    strategy: VirtualKeyStrategy,
  ) {
    // By name: passport then authenticates on an object of its own for each request. A strategy given as it is would
    // be shared, and with it the callbacks, which would hand one request the principal of another.
    super({ property: 'principal', defaultStrategy: strategy.name });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(publicRoute, targets) === true) return true;
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    const known = this.authenticator.recall(request);
    if (known === null) await super.canActivate(context);
    else request.principal = known;
    checkRoute(request);
    return true;
  }

  /** The same for a request that does not come through Nest's router; at once when the key is known. */
  authenticateRequest(request: GatewayRequest): Principal | Promise<Principal> {
    const found = this.authenticator.authenticate(request);
    return found instanceof Promise ? found.then((it) => admit(request, it)) : admit(request, found);
  }
}

function admit(request: GatewayRequest, principal: Principal): Principal {
  request.principal = principal;
  return checkRoute(request);
}

function checkRoute(request: GatewayRequest): Principal {
  const { principal, method = '' } = request;
  if (principal === undefined) throw new GatewayError('MISSING_KEY');
  if (principal.allowedRoutes === null || mayCallRoute(principal, method, pathOf(request))) return principal;
  throw new GatewayError('ROUTE_NOT_ALLOWED');
}

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import type { GatewayRequest } from '../http/gateway-request.js';

/** Parameter of a controller method: who calls. */
export const CurrentPrincipal = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Principal => {
    const { principal } = context.switchToHttp().getRequest<GatewayRequest>();
    if (principal === undefined) throw new GatewayError('MISSING_KEY');
    return principal;
  },
);

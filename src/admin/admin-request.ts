import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import type { GatewayRequest } from '../http/gateway-request.js';

/** What an administrative service needs to know of the request it serves. */
export interface AdminRequest {
  readonly principal: Principal;
  readonly requestId: string;
}

/** Parameter of a controller method: the request, reduced to who asks. */
export const Asking = createParamDecorator((_data: unknown, context: ExecutionContext): AdminRequest => {
  const { principal, requestId } = context.switchToHttp().getRequest<GatewayRequest>();
  if (principal === undefined) throw new GatewayError('MISSING_KEY');
  return { principal, requestId };
});

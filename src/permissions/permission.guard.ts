import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

import { GatewayError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import type { GatewayRequest } from '../http/gateway-request.js';
import { Denials } from './denials.js';
import { isEverPermitted, type Permission } from './permission-table.js';
import { requiredPermission } from './required-permission.js';

/** Throws FORBIDDEN for a role that may do this to nothing at all. */
export function requirePermission(principal: Principal, permission: Permission): void {
  if (isEverPermitted(permission, principal.role)) return;
  throw new GatewayError('FORBIDDEN', {
    message: `The role ${principal.role} may not do this (${permission}).`,
  });
}

/** Asks the permission table about the role of whoever was authenticated before. */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly denials: Denials,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    const permission = this.reflector.getAllAndOverride<Permission | undefined>(requiredPermission, targets);
    if (permission === undefined) return true;
    const request = context.switchToHttp().getRequest<GatewayRequest>();
    const { principal } = request;
    if (principal === undefined) throw new GatewayError('MISSING_KEY');
    try {
      requirePermission(principal, permission);
    } catch (error) {
      this.denials.tell({ principal, permission, requestId: request.requestId });
      throw error;
    }
    return true;
  }
}

import { applyDecorators, SetMetadata, UseGuards } from '@nestjs/common';

import { PermissionGuard } from './permission.guard.js';
import { requiredPermission } from './required-permission.js';
import type { Permission } from './permission-table.js';

/** Lets only roles in that may ever do this; what exactly they may do it to is decided where the subject is known. */
export const RequirePermission = (permission: Permission): ClassDecorator & MethodDecorator =>
  applyDecorators(SetMetadata(requiredPermission, permission), UseGuards(PermissionGuard));

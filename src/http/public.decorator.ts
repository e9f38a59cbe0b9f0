import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';

export const publicRoute = 'toolgate:public';

/** Opens a route or controller to callers without a virtual key. */
export const Public = (): MethodDecorator & ClassDecorator =>
  applyDecorators(SetMetadata(publicRoute, true), ApiSecurity({}));

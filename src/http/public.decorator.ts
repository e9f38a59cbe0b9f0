import { SetMetadata, type CustomDecorator } from '@nestjs/common';

export const publicRoute = 'toolgate:public';

/** Opens a route or controller to callers without a virtual key. */
export const Public = (): CustomDecorator => SetMetadata(publicRoute, true);

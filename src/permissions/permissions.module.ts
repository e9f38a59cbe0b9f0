import { Global, Module } from '@nestjs/common';

import { Denials } from './denials.js';
import { ToolsetService } from './toolset.service.js';
import { ToolsetStore } from './toolset.store.js';

/** Who may. Global, because the guard behind `@RequirePermission` works in every room. */
@Global()
@Module({
  providers: [Denials, ToolsetStore, ToolsetService],
  exports: [Denials, ToolsetService],
})
export class PermissionsModule {}

import { Global, Module } from '@nestjs/common';

import { ViewService } from '../../gateway/view.service.js';
import { UNIVERSE_SOURCE } from './universe-source.js';

/** Binds what the administration needs of the gateway, so that it can be had without one. */
@Global()
@Module({
  providers: [{ provide: UNIVERSE_SOURCE, useExisting: ViewService }],
  exports: [UNIVERSE_SOURCE],
})
export class AdminPortsModule {}

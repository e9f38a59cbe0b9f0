import { Module } from '@nestjs/common';

import { GatewayModule } from '../gateway/gateway.module.js';
import { HealthController } from './health.controller.js';
import { ToolsController } from './tools.controller.js';

/** The edge for plain HTTP clients. */
@Module({ imports: [GatewayModule], controllers: [ToolsController, HealthController] })
export class RestModule {}

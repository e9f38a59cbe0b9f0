import { Module } from '@nestjs/common';

import { HealthController } from './health.controller.js';
import { ToolsController } from './tools.controller.js';

/** The edge for plain HTTP clients. */
@Module({ controllers: [ToolsController, HealthController] })
export class RestModule {}

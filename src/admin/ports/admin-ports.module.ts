import { Global, Module } from '@nestjs/common';

import { GatewayInsight } from './gateway-insight.service.js';
import { MCP_INSIGHT } from './mcp-insight.js';

/** Binds what the administration needs of the gateway, so that it can be had without one. */
@Global()
@Module({
  providers: [{ provide: MCP_INSIGHT, useClass: GatewayInsight }],
  exports: [MCP_INSIGHT],
})
export class AdminPortsModule {}

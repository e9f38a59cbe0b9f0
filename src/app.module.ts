import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Logger } from 'pino';

import { AdminModule } from './admin/admin.module.js';
import { ServersModule } from './admin/servers/servers.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { VirtualKeyGuard } from './auth/virtual-key.guard.js';
import type { ConfigOptions } from './config/config-options.js';
import { ConfigModule } from './config/config.module.js';
import type { GatewayConfig } from './config/gateway-config.js';
import type { DatabaseBackend } from './database/backend.js';
import { DatabaseModule } from './database/database.module.js';
import { DirectoryModule } from './directory/directory.module.js';
import { GatewayModule } from './gateway/gateway.module.js';
import { HttpModule } from './http/http.module.js';
import { LimitsModule } from './limits/limits.module.js';
import { COMPLETION_TOOLS } from './llm/ports/completion-tools.js';
import { GatewayCompletionTools } from './llm/ports/gateway-completion-tools.service.js';
import { LimitedUsage } from './llm/ports/limited-usage.service.js';
import { USAGE_PORT } from './llm/ports/usage-port.js';
import { LLM_CONFIG, type LlmConfig } from './llm/llm-config.js';
import { LlmModule } from './llm/llm.module.js';
import { McpModule } from './mcp/mcp.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { PermissionsModule } from './permissions/permissions.module.js';
import { RestModule } from './rest/rest.module.js';

/** The rooms, put together. No logic. */
@Module({})
export class AppModule {
  static register(
    config: GatewayConfig,
    options: ConfigOptions,
    logger: Logger,
    backend?: DatabaseBackend,
  ): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config, options),
        HttpModule.register(logger),
        DatabaseModule.register(backend),
        AuthModule.register({ masterKey: config.masterKey, defaultAccess: config.mcp.defaultAccess }),
        DirectoryModule,
        PermissionsModule,
        LimitsModule,
        AuditModule,
        MetricsModule,
        GatewayModule.register({
          separator: config.mcp.separator,
          aliases: config.mcpAliases,
          repeatsIdempotentTools: config.mcp.retryIdempotentTools,
        }),
        // Before MCP, whose /mcp/{name} would take /mcp/enabled.
        RestModule,
        McpModule,
        LlmModule.register({
          imports: [],
          providers: [
            { provide: LLM_CONFIG, useValue: llmConfig(config) },
            { provide: COMPLETION_TOOLS, useClass: GatewayCompletionTools },
            { provide: USAGE_PORT, useClass: LimitedUsage },
          ],
        }),
        AdminModule,
        ServersModule,
      ],
      providers: [{ provide: APP_GUARD, useExisting: VirtualKeyGuard }],
    };
  }
}

function llmConfig({ models, modelFallbacks, modelRouting, limits }: GatewayConfig): LlmConfig {
  const { bodyBytes, upstreamResponseBytes, connectTimeoutMs, heartbeatMs, toolLoopRounds, toolLoopMs } =
    limits;
  return {
    models,
    modelFallbacks,
    modelRouting,
    limits: {
      bodyBytes,
      upstreamResponseBytes,
      connectTimeoutMs,
      heartbeatMs,
      maxToolRounds: toolLoopRounds,
      maxToolLoopMs: toolLoopMs,
    },
  };
}

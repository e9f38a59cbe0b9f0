import { Module } from '@nestjs/common';

import { Dispatcher } from './dispatcher.service.js';
import { LifecycleHandlers } from './handlers/lifecycle.handlers.js';
import { ListHandlers } from './handlers/list.handlers.js';
import { LoggingHandlers } from './handlers/logging.handlers.js';
import { PassThroughHandlers } from './handlers/pass-through.handlers.js';
import { ToolCallHandler } from './handlers/tool-call.handler.js';
import { HeartbeatService } from './heartbeat.service.js';
import { HttpSse } from './http-sse.service.js';
import { LinkPool } from './links/link-pool.service.js';
import { ListChangeService } from './list-change.service.js';
import { McpController } from './mcp.controller.js';
import { RequestStates } from './request-states.service.js';
import { StatelessSessions } from './stateless-sessions.service.js';
import { SessionRegistry } from './session-registry.service.js';
import { SessionSecret } from './session-secret.service.js';
import { ParkedCalls } from './parked-calls.service.js';
import { ResourceHandlers } from './handlers/resource.handlers.js';
import { ResourceUpdates } from './resource-updates.service.js';
import { StatelessHttp } from './stateless-http.service.js';
import { SubscriptionService } from './subscription.service.js';
import { StreamableHttp } from './streamable-http.service.js';

/** The edge for MCP clients. */
@Module({
  controllers: [McpController],
  providers: [
    Dispatcher,
    HeartbeatService,
    HttpSse,
    LifecycleHandlers,
    ListChangeService,
    LinkPool,
    ListHandlers,
    LoggingHandlers,
    ParkedCalls,
    PassThroughHandlers,
    RequestStates,
    SessionRegistry,
    SessionSecret,
    StatelessSessions,
    ResourceHandlers,
    ResourceUpdates,
    StatelessHttp,
    SubscriptionService,
    StreamableHttp,
    ToolCallHandler,
  ],
  exports: [SessionRegistry, SessionSecret],
})
export class McpModule {}

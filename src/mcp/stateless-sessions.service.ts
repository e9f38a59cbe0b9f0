import { Injectable } from '@nestjs/common';

import type { Principal } from '../core/principal.js';
import { latestLegacyVersion } from '../core/protocol-version.js';
import { GatewayService } from '../gateway/gateway.service.js';
import type { GatewayRequest } from '../http/gateway-request.js';
import { LinkPool } from './links/link-pool.service.js';
import { McpSession } from './mcp-session.js';
import type { OpenedEnvelope } from './modern-envelope.js';
import { scopeOf } from './request-checks.js';

/** Sessions of one request each, for clients of the stateless revision. */
@Injectable()
export class StatelessSessions {
  constructor(
    private readonly gateway: GatewayService,
    private readonly links: LinkPool,
  ) {}

  /** Throws NOT_FOUND for a scope that leads nowhere. */
  open(request: GatewayRequest, principal: Principal, { features, logLevel }: OpenedEnvelope): McpSession {
    const session = new McpSession(
      {
        id: request.requestId,
        kind: 'stateless',
        principal,
        scope: scopeOf(request),
        protocolVersion: latestLegacyVersion,
        clientFeatures: features,
        linkSource: this.links,
      },
      this.gateway,
    );
    session.logLevel = logLevel;
    session.view();
    return session;
  }
}

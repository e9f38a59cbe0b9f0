import { Injectable } from '@nestjs/common';

import { featuresOf } from '../../core/client-features.js';
import { GatewayService } from '../../gateway/gateway.service.js';
import { negotiateVersion } from '../protocol-version.js';
import type { RpcContext } from '../rpc-context.js';
import { instructionsOf, serverCapabilities, serverInfo } from '../server-description.js';
import type { SessionClaims } from '../session-id.js';

/** What `initialize` asks for, as far as the gateway acts on it. */
export function claimsOf(params: Readonly<Record<string, unknown>>): SessionClaims {
  return {
    protocolVersion: negotiateVersion(params['protocolVersion']),
    clientCapabilities: featuresOf(params['capabilities']),
  };
}

/** initialize and ping (MCP lifecycle). */
@Injectable()
export class LifecycleHandlers {
  constructor(private readonly gateway: GatewayService) {}

  initialize(context: RpcContext): string {
    const { session, message } = context;
    const claims = claimsOf(message.params);
    session.introduce(claims);
    // Found out by the time that it calls one of the tools, if not by the time that it lists them.
    if (session.isAskable) void this.gateway.settle();
    const instructions = instructionsOf(context.view());
    return JSON.stringify({
      protocolVersion: session.protocolVersion,
      capabilities: serverCapabilities,
      serverInfo,
      ...(instructions === null ? {} : { instructions }),
    });
  }

  ping(): string {
    return '{}';
  }
}

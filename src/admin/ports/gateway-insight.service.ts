import { Injectable } from '@nestjs/common';

import type { PermissionUniverse } from '../../core/permission.js';
import { ViewService } from '../../gateway/view.service.js';
import { UpstreamRegistry } from '../../upstream-registry/upstream-registry.service.js';
import type { Upstream } from '../../upstream-registry/upstream.js';
import type { McpInsight } from './mcp-insight.js';

/** Looks into the gateway of this process. */
@Injectable()
export class GatewayInsight implements McpInsight {
  constructor(
    private readonly views: ViewService,
    private readonly registry: UpstreamRegistry,
  ) {}

  get universe(): PermissionUniverse {
    return this.views.universe;
  }

  upstreams(): readonly Upstream[] {
    return this.registry.list();
  }
}

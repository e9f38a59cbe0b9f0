import { Inject, Injectable } from '@nestjs/common';

import type { AdminRequest } from '../admin-request.js';
import { MCP_INSIGHT, type McpInsight } from '../ports/mcp-insight.js';
import { visibleUpstreams } from './visible-mcp.js';

/** Names under which servers are granted together. */
@Injectable()
export class AccessGroups {
  constructor(@Inject(MCP_INSIGHT) private readonly mcp: McpInsight) {}

  /** Groups of the servers the caller may use, sorted; administrators see all. */
  list({ principal }: AdminRequest): { access_groups: string[] } {
    const groups = visibleUpstreams(principal, this.mcp).flatMap(({ config }) => config.accessGroups);
    return { access_groups: [...new Set(groups)].sort() };
  }
}

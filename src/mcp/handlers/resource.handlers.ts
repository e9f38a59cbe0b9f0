import { Injectable } from '@nestjs/common';

import type { McpSession } from '../mcp-session.js';
import { ResourceUpdates } from '../resource-updates.service.js';
import type { RpcContext } from '../rpc-context.js';

/** resources/subscribe and resources/unsubscribe of the legacy revisions. */
@Injectable()
export class ResourceHandlers {
  readonly #known = new WeakSet<McpSession>();

  constructor(private readonly updates: ResourceUpdates) {}

  async subscribe(context: RpcContext): Promise<string> {
    const { session } = context;
    const uri = context.requireString('uri');
    if (!this.#known.has(session)) {
      this.#known.add(session);
      session.onEnd(() => this.updates.drop(session));
    }
    await this.updates.subscribe(session, context.caller(), context.view(), uri);
    return '{}';
  }

  unsubscribe(context: RpcContext): string {
    const { session } = context;
    this.updates.unsubscribe(session, context.requireString('uri'));
    return '{}';
  }
}

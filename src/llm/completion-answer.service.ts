import { Injectable } from '@nestjs/common';

import type { CallContext } from './call-context.js';
import type { CompletionRequest } from './completion-request.js';
import { unpackCarried } from './loop/carried-calls.js';
import { mcpEntriesOf } from './loop/mcp-entries.js';
import { unpackMcpItems } from './loop/responses-items.js';
import { ToolLoop } from './loop/tool-loop.service.js';
import { CompletionRelay } from './relay/completion-relay.service.js';

/** Chooses between passing a request on and running the gateway's tools in it. */
@Injectable()
export class CompletionAnswer {
  constructor(
    private readonly relay: CompletionRelay,
    private readonly loop: ToolLoop,
  ) {}

  /** Resolves when the answer is complete. Rejects with a GatewayError; a stream may have begun by then. */
  async answer(context: CallContext, request: CompletionRequest): Promise<void> {
    const { operation } = request;
    if (operation !== 'chat' && operation !== 'responses') return this.relay.relay(context, request);
    const entries = mcpEntriesOf(request);
    const unpacked = operation === 'chat' ? unpackCarried(request) : unpackMcpItems(request);
    return entries.length === 0
      ? this.relay.relay(context, unpacked)
      : this.loop.run(context, unpacked, entries);
  }
}

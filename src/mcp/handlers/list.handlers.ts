import { Inject, Injectable } from '@nestjs/common';

import { GATEWAY_CONFIG } from '../../config/config.module.js';
import type { GatewayConfig } from '../../config/gateway-config.js';
import type { ListKind } from '../../gateway/principal-view.js';
import { listPage } from '../cursor.js';
import type { RpcContext } from '../rpc-context.js';
import { SessionSecret } from '../session-secret.service.js';

/** tools/list, prompts/list, resources/list, resources/templates/list: from memory, never waiting for an upstream. */
@Injectable()
export class ListHandlers {
  constructor(
    private readonly secret: SessionSecret,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  list(kind: ListKind, context: RpcContext): string | Buffer {
    const { session, message } = context;
    const view = context.view();
    session.knownView ??= session.view();
    const { cursor } = message.params;
    const size = this.config.mcp.pageSize;
    if (cursor === undefined && size === 0) return view.list(kind);
    const { cursors } = this.secret;
    return listPage(view, kind, {
      offset: cursor === undefined ? 0 : cursors.open(cursor, session.keyId, kind),
      size,
      next: (offset) => cursors.issue(session.keyId, kind, offset),
    });
  }
}

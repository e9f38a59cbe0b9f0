import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import { GatewayService } from '../../gateway/gateway.service.js';
import type { UpstreamNotification } from '../../gateway/upstream-types.js';
import { ForwardedParams, progressTokenOf, underToken } from '../call-params.js';
import type { ResultJson } from '../exchange.js';
import { levelOf } from '../log-level.js';
import type { RpcContext } from '../rpc-context.js';
import { isObject } from '../rpc-message.js';
import { resultOf } from '../upstream-rpc-error.js';

/** tools/call: through the one door, with progress and log messages on the way back. */
@Injectable()
export class ToolCallHandler {
  constructor(private readonly gateway: GatewayService) {}

  async call(context: RpcContext): Promise<ResultJson> {
    const { message } = context;
    const name = context.requireString('name');
    const given = message.params['arguments'];
    if (given !== undefined && !isObject(given)) {
      throw new GatewayError('INVALID_PARAMS', {
        param: 'arguments',
        message: '"arguments" must be an object.',
      });
    }
    const params = new ForwardedParams(message);
    const progressToken = progressTokenOf(message);
    const input = context.inputMembers();
    let view = context.view();
    if (context.session.isAskable && !view.hasTool(name)) {
      // What clients that can be asked are offered may still be about to be found out.
      await this.gateway.settle();
      view = context.view();
    }
    const call = this.gateway.callTool(context.caller(), view, {
      name,
      encodeParams: (nameJson, token) =>
        params.encode({ ...input, name: nameJson }, progressToken === undefined ? null : token),
      requestBytes: params.byteLength('arguments'),
      argumentsJson: () => params.text('arguments') ?? '{}',
      client: context,
      onNotification: (notification) => passNotification(context, notification, progressToken),
    });
    return resultOf(await context.track(call, call.upstream).outcome);
  }
}

/** Progress goes out under the client's own token, and only when it asked for it; log messages as they are. */
export function passNotification(
  { session, message, exchange }: RpcContext,
  { method, paramsJson }: UpstreamNotification,
  progressToken: string | number | undefined,
): void {
  if (!session.isWaitingFor(message.id)) return;
  if (method === 'notifications/progress') {
    if (progressToken !== undefined) exchange.notify(method, underToken(paramsJson, progressToken));
  } else if (method === 'notifications/message') {
    if (session.acceptsLog(levelOf(paramsJson))) exchange.notify(method, paramsJson);
  } else if (session.kind !== 'stateless') exchange.notify(method, paramsJson);
}

import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import type { PromptRoute } from '../../gateway/principal-view.js';
import { GatewayService } from '../../gateway/gateway.service.js';
import type { Upstream } from '../../gateway/upstream-types.js';
import { ForwardedParams, progressTokenOf } from '../call-params.js';
import type { ResultJson } from '../exchange.js';
import type { RpcContext } from '../rpc-context.js';
import { unknownResource } from '../resource-updates.service.js';
import { isObject } from '../rpc-message.js';
import { resultOf } from '../upstream-rpc-error.js';
import { passNotification } from './tool-call.handler.js';

/** What a prompt, a resource or an argument's completion is asked of: exactly one upstream. */
@Injectable()
export class PassThroughHandlers {
  constructor(private readonly gateway: GatewayService) {}

  async getPrompt(context: RpcContext): Promise<ResultJson> {
    const route = context.view().prompt(context.requireString('name'));
    return this.#ask(context, route.upstream, 'prompts/get', { name: route.nameJson }, route.prompt.name);
  }

  async readResource(context: RpcContext): Promise<ResultJson> {
    const uri = context.requireString('uri');
    return this.#ask(context, ownerOf(context, uri), 'resources/read', {}, uri);
  }

  async complete(context: RpcContext): Promise<ResultJson> {
    const { ref } = context.message.params;
    const view = context.view();
    if (isObject(ref) && ref['type'] === 'ref/prompt' && typeof ref['name'] === 'string') {
      const route: PromptRoute = view.prompt(ref['name']);
      const refJson = JSON.stringify({ ...ref, name: route.prompt.name });
      return this.#ask(context, route.upstream, 'completion/complete', { ref: refJson });
    }
    if (isObject(ref) && ref['type'] === 'ref/resource' && typeof ref['uri'] === 'string') {
      const upstream = view.templateOwner(ref['uri']) ?? view.resourceOwner(ref['uri']);
      if (upstream === undefined) throw unknownResource(ref['uri']);
      return this.#ask(context, upstream, 'completion/complete', {});
    }
    throw new GatewayError('INVALID_PARAMS', {
      param: 'ref',
      message: '"ref" must be {"type":"ref/prompt","name":...} or {"type":"ref/resource","uri":...}.',
    });
  }

  async #ask(
    context: RpcContext,
    upstream: Upstream,
    method: string,
    replacements: Readonly<Record<string, string>>,
    name?: string,
  ): Promise<ResultJson> {
    const params = new ForwardedParams(context.message);
    const progressToken = progressTokenOf(context.message);
    const input = context.inputMembers();
    const call = await this.gateway.ask(context.caller(), upstream, {
      method,
      encodeParams: (token) =>
        params.encode({ ...input, ...replacements }, progressToken === undefined ? null : token),
      client: context,
      ...(name === undefined ? {} : { name }),
      onNotification: (notification) => passNotification(context, notification, progressToken),
    });
    return resultOf(await context.track(call, upstream).outcome);
  }
}

function ownerOf(context: RpcContext, uri: string): Upstream {
  const upstream = context.view().resourceOwner(uri);
  if (upstream === undefined) throw unknownResource(uri);
  return upstream;
}

import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import type { Principal } from '../../core/principal.js';
import type { RpcOutcome } from '../../core/rpc.js';
import type { Caller } from '../../gateway/caller.js';
import { GatewayService } from '../../gateway/gateway.service.js';
import type { ToolRoute } from '../../gateway/principal-view.js';
import type { CompletionTool, CompletionTools } from './completion-tools.js';

/** The tools of completions, through the one door. */
@Injectable()
export class GatewayCompletionTools implements CompletionTools {
  constructor(private readonly gateway: GatewayService) {}

  async list(principal: Principal, scope: readonly string[] | null): Promise<readonly CompletionTool[]> {
    const view = this.gateway.view({ principal, scope: scope === null ? [] : [scope] });
    return Promise.resolve(view.tools.map(toCompletionTool));
  }

  async call(
    principal: Principal,
    { name, argumentsJson }: { readonly name: string; readonly argumentsJson: string },
    { signal, requestId }: { readonly signal: AbortSignal; readonly requestId: string },
  ): Promise<string> {
    const caller: Caller = {
      principal,
      scope: [],
      surface: 'completion',
      requestId,
      sessionId: null,
      headers: {},
    };
    const call = this.gateway.callTool(caller, this.gateway.view(caller), {
      name,
      encodeParams: (nameJson) => `{"name":${nameJson},"arguments":${argumentsJson}}`,
      requestBytes: Buffer.byteLength(argumentsJson),
      argumentsJson: () => argumentsJson,
    });
    const cancel = (): void => call.cancel('the completion has ended');
    signal.addEventListener('abort', cancel, { once: true });
    try {
      if (signal.aborted) cancel();
      return textOf(await call.outcome);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }
}

function toCompletionTool({ publicName, upstream, tool }: ToolRoute): CompletionTool {
  const { description, inputSchema } = JSON.parse(tool.json) as {
    description?: unknown;
    inputSchema: Readonly<Record<string, unknown>>;
  };
  return {
    name: publicName,
    upstream: upstream.config.name,
    upstreamTool: tool.name,
    description: typeof description === 'string' ? description : '',
    inputSchema,
  };
}

function textOf(outcome: RpcOutcome): string {
  if (outcome.kind === 'result')
    return Buffer.concat(outcome.result.chunks, outcome.result.byteLength).toString();
  const { message } = outcome.error;
  if (message === '') throw new GatewayError('UPSTREAM_ERROR');
  return JSON.stringify({ content: [{ type: 'text', text: message }], isError: true });
}

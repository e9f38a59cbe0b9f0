import { Injectable } from '@nestjs/common';

import { GatewayError } from '../../core/errors.js';
import { wholeOf } from '../../core/json-bytes.js';
import type { Principal } from '../../core/principal.js';
import type { RpcOutcome } from '../../core/rpc.js';
import type { Caller } from '../../gateway/caller.js';
import { GatewayService } from '../../gateway/gateway.service.js';
import { PrincipalView, type ToolRoute } from '../../gateway/principal-view.js';
import type { ToolCallRequest } from '../../gateway/tool-call.js';
import type {
  CompletionTool,
  CompletionToolCall,
  CompletionToolResult,
  CompletionTools,
} from './completion-tools.js';

/** What somebody sees who was offered nothing. */
const nothing = new PrincipalView(0, [], [], []);

/** Longest made-up name that is written down. */
const maxNameLength = 256;

/** The tools of completions, through the one door. */
@Injectable()
export class GatewayCompletionTools implements CompletionTools {
  /** Definitions are read once for each route, and routes are shared by all who may use them. */
  readonly #tools = new WeakMap<ToolRoute, CompletionTool>();

  constructor(private readonly gateway: GatewayService) {}

  async list(principal: Principal, scope: readonly string[] | null): Promise<readonly CompletionTool[]> {
    const view = this.gateway.view({ principal, scope: scope === null ? [] : [scope] });
    return Promise.resolve(view.tools.map((route) => this.#toolOf(route)));
  }

  async call(
    principal: Principal,
    call: CompletionToolCall,
    { signal, requestId }: { readonly signal: AbortSignal; readonly requestId: string },
  ): Promise<CompletionToolResult> {
    const caller = callerOf(principal, requestId);
    const view = this.gateway.view(caller);
    const running = this.gateway.callTool(caller, view, toRequest(call));
    const cancel = (): void => running.cancel('the completion has ended');
    signal.addEventListener('abort', cancel, { once: true });
    try {
      if (signal.aborted) cancel();
      return toResult(await running.outcome, view.tool(call.name));
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  refuse(principal: Principal, { name, argumentsJson }: CompletionToolCall, requestId: string): GatewayError {
    const request = toRequest({ name: name.slice(0, maxNameLength), argumentsJson });
    try {
      this.gateway.callTool(callerOf(principal, requestId), nothing, request);
    } catch (thrown) {
      if (thrown instanceof GatewayError) return thrown;
      throw thrown;
    }
    return new GatewayError('UNKNOWN_TOOL', { tool: name });
  }

  #toolOf(route: ToolRoute): CompletionTool {
    let tool = this.#tools.get(route);
    if (tool === undefined) this.#tools.set(route, (tool = toCompletionTool(route)));
    return tool;
  }
}

function callerOf(principal: Principal, requestId: string): Caller {
  return { principal, scope: [], surface: 'completion', requestId, sessionId: null, headers: {} };
}

function toRequest({ name, argumentsJson }: CompletionToolCall): ToolCallRequest {
  return {
    name,
    encodeParams: (nameJson) => `{"name":${nameJson},"arguments":${argumentsJson}}`,
    requestBytes: Buffer.byteLength(argumentsJson),
    argumentsJson: () => argumentsJson,
  };
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
    // OpenAI refuses functions whose parameters are no object or do not say which properties it has.
    inputSchema: { ...inputSchema, type: 'object', properties: inputSchema['properties'] ?? {} },
  };
}

/** What an upstream answered with a result is paid, whatever the result says (as `chargeFor` has it). */
function toResult(outcome: RpcOutcome, { cost }: ToolRoute): CompletionToolResult {
  if (outcome.kind === 'result') {
    return { json: wholeOf(outcome.result).toString(), costUsd: cost };
  }
  const { message } = outcome.error;
  if (message === '') throw new GatewayError('UPSTREAM_ERROR');
  return { json: JSON.stringify({ content: [{ type: 'text', text: message }], isError: true }), costUsd: 0 };
}

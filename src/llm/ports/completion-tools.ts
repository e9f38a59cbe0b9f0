import type { GatewayError } from '../../core/errors.js';
import type { Principal } from '../../core/principal.js';

/** A tool that a principal may use, as the tool loop offers it to a model. */
export interface CompletionTool {
  /** The public (qualified) name; `call` takes it back. */
  readonly name: string;
  readonly upstream: string;
  /** The upstream's own name of the tool, which `allowed_tools` may use instead of the public one. */
  readonly upstreamTool: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

export interface CompletionToolCall {
  readonly name: string;
  /** As the model wrote them. */
  readonly argumentsJson: string;
}

export interface CompletionToolResult {
  /** JSON text of the CallToolResult. */
  readonly json: string;
  /** US dollars. */
  readonly costUsd: number;
}

/** What the tool loop needs of the one door; bound to the gateway in the composition root. */
export interface CompletionTools {
  /**
   * Tools of the principal, in their public order. `scope` names upstreams, access groups or toolsets; null = all.
   * Throws NOT_FOUND for a scope that does not exist or may not be seen.
   */
  list(principal: Principal, scope: readonly string[] | null): Promise<readonly CompletionTool[]>;

  /**
   * Calls a tool through authorization, limits and audit. Resolves also where the tool reports a failure; a JSON-RPC
   * error that the upstream answered comes as such a result. Rejects with GatewayError. `argumentsJson` is the JSON text
   * of one object.
   */
  call(
    principal: Principal,
    call: CompletionToolCall,
    options: { readonly signal: AbortSignal; readonly requestId: string },
  ): Promise<CompletionToolResult>;

  /**
   * Turns down a call of a name that was not offered, whether or not there is such a tool, and writes it down like any
   * other call that is refused. Returns what the caller is told.
   */
  refuse(principal: Principal, call: CompletionToolCall, requestId: string): GatewayError;
}

/** Nest token of `CompletionTools`. */
export const COMPLETION_TOOLS = Symbol('CompletionTools');

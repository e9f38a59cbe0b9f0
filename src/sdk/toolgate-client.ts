import { Http, type HttpOptions } from './http.js';
import type { McpTool, McpToolResult } from './mcp-types.js';
import { runTools, type ChatMessage, type RunToolsOptions, type RunToolsResult } from './run-tools.js';
import { transformMcpToolToOpenAITool, type OpenAITool } from './transform.js';

/** A tool as the gateway lists it: the upstream's own definition under its public name. */
export interface ToolgateTool extends McpTool {
  readonly title?: string;
  readonly mcp_info: {
    readonly server_name: string;
    readonly tool_name: string;
    readonly [member: string]: unknown;
  };
  readonly [member: string]: unknown;
}

export interface ListOptions {
  /** Only the tools of this server, by name or id. */
  readonly server?: string;
  readonly signal?: AbortSignal;
}

/** A small client of the gateway's REST routes. Every method rejects with `ToolgateError`. */
export class Toolgate {
  readonly #http: Http;

  constructor(options: HttpOptions) {
    this.#http = new Http(options);
  }

  readonly tools = {
    /** The tools that the key may use. */
    list: async ({ server, signal }: ListOptions = {}): Promise<ToolgateTool[]> => {
      const query = server === undefined ? '' : `?server=${encodeURIComponent(server)}`;
      const { tools } = (await this.#http.get(`/mcp/tools/list${query}`, signal)) as {
        tools: ToolgateTool[];
      };
      return tools;
    },

    /** Resolves also where the tool reports a failure: see `isError`. Aborting cancels the call at the upstream. */
    call: async (
      name: string,
      args: Readonly<Record<string, unknown>> = {},
      { server, signal }: ListOptions = {},
    ): Promise<McpToolResult> => {
      const body = { name, arguments: args, ...(server !== undefined && { server }) };
      return (await this.#http.post('/mcp/tools/call', body, signal)) as McpToolResult;
    },
  };

  /** The tools that the key may use, ready for `tools` of a chat completion. */
  async openaiTools(options: ListOptions = {}): Promise<OpenAITool[]> {
    return (await this.tools.list(options)).map(transformMcpToolToOpenAITool);
  }

  /**
   * Lets a model of the gateway use the tools: asks for a chat completion, runs the calls it wants, and asks again, until
   * it wants none. A call that fails is told to the model. Rejects with the code `too_many_rounds` after `maxRounds`.
   */
  async runTools<M extends ChatMessage>(
    messages: readonly M[],
    options: RunToolsOptions,
  ): Promise<RunToolsResult<M>> {
    const { signal } = options;
    return runTools(
      messages,
      options.tools ?? (await this.openaiTools(signal === undefined ? {} : { signal })),
      options,
      {
        complete: (body) => this.#http.post('/v1/chat/completions', body, signal),
        call: (name, args) => this.tools.call(name, args, signal === undefined ? {} : { signal }),
      },
    );
  }
}

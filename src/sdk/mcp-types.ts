/** A tool as MCP lists it, as far as the bridge reads it; `Tool` of the official packages fits. */
export interface McpTool {
  readonly name: string;
  readonly description?: string | null | undefined;
  /** JSON Schema. */
  readonly inputSchema?: object | null | undefined;
}

/** What carries `tools/list` and `tools/call`; the official MCP clients fit, versions 1 and 2, over any transport. */
export interface McpSession<T extends McpTool = McpTool, R = unknown> {
  listTools(params?: { cursor?: string }): Promise<{ tools: T[]; nextCursor?: string | undefined }>;
  callTool(params: McpToolCall): Promise<R>;
}

/** `params` of a `tools/call`. */
export interface McpToolCall {
  name: string;
  arguments: Record<string, unknown>;
}

/** A result of `tools/call`, as it is sent. */
export interface McpToolResult {
  readonly content: readonly McpContent[];
  readonly structuredContent?: unknown;
  /** The tool itself reports a failure; what is in `content` says which. */
  readonly isError?: boolean | undefined;
  readonly _meta?: Readonly<Record<string, unknown>> | undefined;
}

/** A content block; which members it has, `type` says (MCP 2025-11-25, `ContentBlock`). */
export interface McpContent {
  readonly type: string;
  readonly [member: string]: unknown;
}

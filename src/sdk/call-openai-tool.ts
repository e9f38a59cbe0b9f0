import type { McpSession } from './mcp-types.js';
import { transformOpenAIToolCallRequestToMcpToolCallRequest, type OpenAIToolCall } from './transform.js';

/**
 * Runs a model's tool call. The result comes as the server sent it, also with `isError: true`; what the session throws
 * is thrown, and TypeError for a call without function or name.
 */
export async function callOpenAITool<R>(
  session: Pick<McpSession<never, R>, 'callTool'>,
  { openaiTool }: { openaiTool: OpenAIToolCall },
): Promise<R> {
  return session.callTool(transformOpenAIToolCallRequestToMcpToolCallRequest({ openaiTool }));
}

export { callOpenAITool } from './call-openai-tool.js';
export type { HttpOptions as ToolgateOptions } from './http.js';
export { loadMcpTools, type ToolFormat } from './load-mcp-tools.js';
export type { McpContent, McpSession, McpTool, McpToolCall, McpToolResult } from './mcp-types.js';
export type {
  AssistantMessage,
  ChatMessage,
  RunToolsOptions,
  RunToolsResult,
  ToolMessage,
} from './run-tools.js';
export { toolResultText } from './tool-result-text.js';
export { Toolgate, type ListOptions, type ToolgateTool } from './toolgate-client.js';
export { ToolgateError } from './toolgate-error.js';
export {
  transformMcpToolToAnthropicTool,
  transformMcpToolToOpenAIResponsesTool,
  transformMcpToolToOpenAITool,
  transformOpenAIToolCallRequestToMcpToolCallRequest,
  type AnthropicTool,
  type OpenAIResponsesTool,
  type OpenAITool,
  type OpenAIToolCall,
  type ParametersSchema,
} from './transform.js';

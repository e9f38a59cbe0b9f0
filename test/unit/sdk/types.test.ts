import { expect, it } from '@jest/globals';
import type { Client as ClientV2, Tool as ToolV2 } from '@modelcontextprotocol/client';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { CallToolResult, Tool } from '@modelcontextprotocol/sdk/types.js';
import type OpenAI from 'openai';

import {
  callOpenAITool,
  loadMcpTools,
  transformMcpToolToOpenAIResponsesTool,
  transformMcpToolToOpenAITool,
  transformOpenAIToolCallRequestToMcpToolCallRequest,
  type McpToolResult,
  type OpenAITool,
  type Toolgate,
} from '../../../src/sdk/index.js';

type ChatMessage = OpenAI.Chat.Completions.ChatCompletionMessageParam;
type ToolCall = OpenAI.Chat.Completions.ChatCompletionMessageToolCall;

/** Never run: that it compiles is the test. The types of the official packages fit where the bridge meets them. */
const fits = [
  (tool: Tool): OpenAI.Chat.Completions.ChatCompletionTool => transformMcpToolToOpenAITool(tool),
  (tool: ToolV2): OpenAI.Chat.Completions.ChatCompletionTool => transformMcpToolToOpenAITool(tool),
  (tool: Tool): OpenAI.Responses.FunctionTool => transformMcpToolToOpenAIResponsesTool(tool),
  (openaiTool: ToolCall) => transformOpenAIToolCallRequestToMcpToolCallRequest({ openaiTool }),
  (session: Client): Promise<Tool[]> => loadMcpTools(session),
  (session: Client): Promise<Tool[]> => loadMcpTools(session, { format: 'mcp' }),
  (session: Client): Promise<OpenAITool[]> => loadMcpTools(session, { format: 'openai' }),
  (session: ClientV2): Promise<ToolV2[]> => loadMcpTools(session),
  (session: ClientV2): Promise<OpenAITool[]> => loadMcpTools(session, { format: 'openai' }),
  (session: Client, openaiTool: ToolCall) => callOpenAITool(session, { openaiTool }),
  (session: ClientV2, openaiTool: ToolCall) => callOpenAITool(session, { openaiTool }),
  (result: CallToolResult): McpToolResult => result,
  (toolgate: Toolgate, messages: ChatMessage[]) => toolgate.runTools(messages, { model: 'gpt-4o' }),
  (toolgate: Toolgate) =>
    toolgate.runTools([{ role: 'user', content: 'What time is it?' }], { model: 'gpt-4o' }),
];

it('fits the types of the official packages', () => expect(fits.length).toBeGreaterThan(0));

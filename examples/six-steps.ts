import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import OpenAI from 'openai';
import {
  toolResultText,
  transformMcpToolToOpenAITool,
  transformOpenAIToolCallRequestToMcpToolCallRequest,
  type McpToolResult,
} from 'toolgate/sdk';

const gateway = process.env['TOOLGATE_URL'] ?? 'http://localhost:4000';
const key = process.env['TOOLGATE_KEY'];
const openai = new OpenAI({ apiKey: key, baseURL: `${gateway}/v1` });
const session = new Client({ name: 'six-steps', version: '1.0.0' });
await session.connect(
  new SSEClientTransport(new URL(`${gateway}/mcp/`), {
    requestInit: { headers: { Authorization: `Bearer ${key}` } },
  }),
);

// 1. List the tools on the gateway.
const { tools } = await session.listTools();

// 2. Make OpenAI's tools of them.
const openaiTools = tools.map(transformMcpToolToOpenAITool);

// 3. Give them to the model.
const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'What is 3 + 4?' }];
const asked = await openai.chat.completions.create({ model: 'gpt-4o', messages, tools: openaiTools });

// 4. Take the model's tool calls.
const message = asked.choices[0]?.message;
if (message === undefined) throw new Error('The model said nothing.');
messages.push(message);
for (const openaiTool of message.tool_calls ?? []) {
  // 5. Make an MCP call of each.
  const call = transformOpenAIToolCallRequestToMcpToolCallRequest({ openaiTool });

  // 6. Run it, and tell the model what came of it.
  const result = (await session.callTool(call)) as McpToolResult;
  messages.push({ role: 'tool', tool_call_id: openaiTool.id, content: toolResultText(result) });
}
const answer = await openai.chat.completions.create({ model: 'gpt-4o', messages, tools: openaiTools });
console.log(answer.choices[0]?.message.content);

await session.close();

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  callOpenAITool,
  loadMcpTools,
  toolResultText,
  type AssistantMessage,
  type McpToolResult,
} from 'toolgate/sdk';

/** Any model's API that is OpenAI's will do, and any MCP server: here one over stdio, without the gateway's tools. */
const api = process.env['TOOLGATE_URL'] ?? 'http://localhost:4000';
const [command = 'npx', ...args] = process.argv.slice(2);
const session = new Client({ name: 'plain-fetch', version: '1.0.0' });
await session.connect(new StdioClientTransport({ command, args, stderr: 'ignore' }));

const tools = await loadMcpTools(session, { format: 'openai' });
const messages: unknown[] = [{ role: 'user', content: 'Say hello to everybody.' }];
for (;;) {
  const response = await fetch(`${api}/v1/chat/completions`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${process.env['TOOLGATE_KEY']}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o', messages, tools }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const { choices } = (await response.json()) as { choices: [{ message: AssistantMessage }] };
  const [{ message }] = choices;
  messages.push(message);
  if (message.tool_calls === undefined) {
    console.log(message.content);
    break;
  }
  for (const openaiTool of message.tool_calls) {
    const result = (await callOpenAITool(session, { openaiTool })) as McpToolResult;
    messages.push({ role: 'tool', tool_call_id: openaiTool.id, content: toolResultText(result) });
  }
}

await session.close();

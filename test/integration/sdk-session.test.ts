import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioTransportV2 } from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { callOpenAITool, loadMcpTools, toolResultText, type McpToolResult } from '../../src/sdk/index.js';

const server = {
  command: process.execPath,
  args: ['node_modules/@modelcontextprotocol/server-everything/dist/index.js', 'stdio'],
  stderr: 'ignore' as const,
};
const info = { name: 'sdk-test', version: '1.0.0' };

/** The official clients, both lines, over stdio to a server that is not ours. */
describe.each([
  ['version 1', () => new Client(info), () => new StdioClientTransport(server)],
  ['version 2', () => new ClientV2(info), () => new StdioTransportV2(server)],
])('the bridge over the official client, %s', (_, makeClient, makeTransport) => {
  const session = makeClient() as Client;

  beforeAll(async () => session.connect(makeTransport()));
  afterAll(() => session.close());

  it('loads the tools as MCP and as OpenAI have them', async () => {
    const tools = await loadMcpTools(session);
    const openai = await loadMcpTools(session, { format: 'openai' });
    expect(tools.map(({ name }) => name)).toContain('echo');
    expect(openai.map((tool) => tool.function.name)).toEqual(tools.map(({ name }) => name));
    for (const { function: called } of openai)
      expect(called.parameters).toMatchObject({ type: 'object', properties: {} });
  });

  it('runs tool calls of a model', async () => {
    const openaiTool = {
      id: 'call_1',
      type: 'function',
      function: { name: 'echo', arguments: '{"message":"hello"}' },
    };
    const result = (await callOpenAITool(session, { openaiTool })) as McpToolResult;
    expect(toolResultText(result)).toContain('hello');
  });

  it('hands over the failure of a tool as the server reports it', async () => {
    const openaiTool = { function: { name: 'echo', arguments: 'nonsense' } };
    const result = (await callOpenAITool(session, { openaiTool })) as McpToolResult;
    expect(result.isError).toBe(true);
  });
});

import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

/**
 * An MCP server that has what it is told: `catalog-server NAME TOOL...`. Each tool says which it is; there is one
 * resource `catalog://NAME` and one prompt `ask`, whose argument can be completed.
 */
const [name = '', ...tools] = process.argv.slice(2);

const server = new McpServer({ name, version: '1.0.0' });
for (const tool of tools) {
  server.registerTool(tool, {}, () => ({ content: [{ type: 'text', text: `${name}/${tool}` }] }));
}
server.registerResource('about', `catalog://${name}`, {}, (uri) => ({
  contents: [{ uri: uri.href, text: name }],
}));
const argsSchema = { topic: completable(z.string(), () => [name]) };
server.registerPrompt('ask', { argsSchema }, () => ({
  messages: [{ role: 'user', content: { type: 'text', text: name } }],
}));
await server.connect(new StdioServerTransport());

import { setTimeout as sleep } from 'node:timers/promises';

import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

const harmless = { readOnlyHint: true, idempotentHint: true, openWorldHint: false };
const greetings: Readonly<Record<string, string>> = { English: 'Hello', Deutsch: 'Hallo', 中文: '你好' };
const readme = `# Toolgate demo

These tools are built in and are there while the gateway has no config.yaml. Name your own MCP servers in a config.yaml
(config.example.yaml shows how), and they take the place of these.
`;

/** The built-in MCP server: enough of everything to see the gateway work before any other server is configured. */
export function createDemoServer(): McpServer {
  const server = new McpServer(
    { name: 'toolgate-demo', title: 'Toolgate demo', version: '1.0.0' },
    { instructions: 'Small harmless tools for trying out the gateway.' },
  );
  addTools(server);
  server.registerResource(
    'readme',
    'demo://readme',
    { title: 'About this demo', description: 'What this server is for.', mimeType: 'text/markdown' },
    (uri) => ({ contents: [{ uri: uri.href, mimeType: 'text/markdown', text: readme }] }),
  );
  server.registerPrompt(
    'greet',
    {
      title: 'Greet',
      description: 'Asks the model to greet someone.',
      argsSchema: {
        language: completable(z.string().describe('Language of the greeting.'), (begun) =>
          Object.keys(greetings).filter((language) => language.toLowerCase().startsWith(begun.toLowerCase())),
        ),
        name: z.string().optional().describe('Who is greeted.'),
      },
    },
    ({ language, name = 'the world' }) => {
      const text = `Greet ${name} in ${language}. Begin with "${greetings[language] ?? 'Hello'}".`;
      return { messages: [{ role: 'user', content: { type: 'text', text } }] };
    },
  );
  return server;
}

function addTools(server: McpServer): void {
  server.registerTool(
    'add',
    {
      title: 'Add',
      description: 'Adds two numbers.',
      inputSchema: { a: z.number(), b: z.number() },
      outputSchema: { sum: z.number() },
      annotations: harmless,
    },
    ({ a, b }) => ({ content: [{ type: 'text', text: String(a + b) }], structuredContent: { sum: a + b } }),
  );
  server.registerTool(
    'echo',
    {
      title: 'Echo',
      description: 'Returns the text it was given.',
      inputSchema: { text: z.string() },
      annotations: harmless,
    },
    ({ text }) => ({ content: [{ type: 'text', text }] }),
  );
  server.registerTool(
    'now',
    {
      title: 'Now',
      description: 'The current time, UTC, ISO 8601.',
      annotations: { ...harmless, idempotentHint: false },
    },
    () => ({ content: [{ type: 'text', text: new Date().toISOString() }] }),
  );
  server.registerTool(
    'slow',
    {
      title: 'Slow',
      description: 'Takes its time and tells how far it is; can be cancelled.',
      inputSchema: {
        seconds: z.number().min(0).max(300).default(5).describe('How long it takes in all.'),
        steps: z.number().int().min(1).max(100).default(5).describe('How often it tells its progress.'),
      },
      annotations: harmless,
    },
    async ({ seconds, steps }, { signal, sendNotification, _meta }) => {
      const progressToken = _meta?.progressToken;
      for (let step = 1; step <= steps; step++) {
        if (progressToken !== undefined) {
          const params = { progressToken, progress: step, total: steps, message: `step ${step} of ${steps}` };
          await sendNotification({ method: 'notifications/progress', params });
        }
        await sleep((seconds * 1000) / steps, undefined, { signal });
      }
      return { content: [{ type: 'text', text: `done in ${seconds} s` }] };
    },
  );
}

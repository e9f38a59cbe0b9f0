import { setTimeout as sleep } from 'node:timers/promises';

import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import { z } from 'zod';

import { serveAsAsked } from './serving.js';

/**
 * A well-behaved MCP server on the official SDK, the same over every transport:
 * `fixture-server stdio`, `fixture-server http PORT`, `fixture-server sse PORT`. Prints `listening PORT` when it serves.
 */
const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

let cancelledCalls = 0;

function text(value: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: value }] };
}

async function progress(extra: Extra, step: number, total: number): Promise<void> {
  const progressToken = extra._meta?.progressToken;
  if (progressToken === undefined) return;
  const params = { progressToken, progress: step, total, message: `step ${step}` };
  await extra.sendNotification({ method: 'notifications/progress', params });
}

function createFixture(): McpServer {
  const server = new McpServer(
    { name: 'fixture', version: '1.0.0' },
    { capabilities: { logging: {}, tools: { listChanged: true } }, instructions: 'Be gentle.' },
  );
  server.registerTool(
    'echo',
    { description: 'Says it again', inputSchema: { message: z.string() } },
    ({ message }) => text(message),
  );
  server.registerTool(
    'add',
    {
      title: 'Sum',
      inputSchema: { a: z.number(), b: z.number() },
      outputSchema: { sum: z.number() },
      annotations: { readOnlyHint: true },
    },
    ({ a, b }) => ({ ...text(String(a + b)), structuredContent: { sum: a + b } }),
  );
  server.registerTool('image', {}, () => ({
    content: [{ type: 'image', data: pixel, mimeType: 'image/png' }],
  }));
  server.registerTool('fail', {}, () => ({ ...text('It went wrong.'), isError: true }));
  server.registerTool('payload', { inputSchema: { bytes: z.number() } }, ({ bytes }) =>
    text('x'.repeat(bytes)),
  );
  server.registerTool('pid', {}, () => text(String(process.pid)));
  server.registerTool('env', {}, () => text(JSON.stringify(process.env)));
  server.registerTool('exit', {}, () => process.exit(1));
  server.registerTool('cancelled_calls', {}, () => text(String(cancelledCalls)));
  server.registerTool(
    'steps',
    { inputSchema: { count: z.number(), ms: z.number().default(0) } },
    async ({ count, ms }, extra) => {
      for (let step = 1; step <= count; step++) {
        if (ms > 0) await sleep(ms);
        await progress(extra, step, count);
      }
      return text('done');
    },
  );
  server.registerTool('sleep', { inputSchema: { ms: z.number() } }, async ({ ms }, extra) => {
    extra.signal.addEventListener('abort', () => cancelledCalls++);
    await sleep(ms, undefined, { signal: extra.signal }).catch(() => undefined);
    return text('slept');
  });
  server.registerTool('log', { inputSchema: { message: z.string() } }, async ({ message }, extra) => {
    await extra.sendNotification({
      method: 'notifications/message',
      params: { level: 'info', data: message },
    });
    return text('logged');
  });
  server.registerTool('ask_client', {}, async (extra) => {
    const params = {
      mode: 'form' as const,
      message: 'Who?',
      requestedSchema: { type: 'object' as const, properties: {} },
    };
    try {
      const answer = await extra.sendRequest(
        { method: 'elicitation/create', params },
        z.object({ action: z.string() }).loose(),
      );
      return text(JSON.stringify(answer));
    } catch (error) {
      return { ...text(error instanceof Error ? error.message : 'failed'), isError: true };
    }
  });
  server.registerTool('ping_client', {}, async (extra) => {
    await extra.sendRequest({ method: 'ping' }, z.object({}).loose());
    return text('pong');
  });
  server.registerTool('grow', { inputSchema: { name: z.string() } }, ({ name }) => {
    server.registerTool(name, { description: 'New' }, () => text('new'));
    return text('grown');
  });
  server.registerPrompt('greet', { argsSchema: { name: z.string() } }, ({ name }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }],
  }));
  server.registerResource('note', 'test://note', { mimeType: 'text/plain' }, (uri) => ({
    contents: [{ uri: uri.href, text: 'A note.' }],
  }));
  server.registerResource(
    'item',
    new ResourceTemplate('test://item/{id}', { list: undefined }),
    {},
    (uri, { id }) => ({ contents: [{ uri: uri.href, text: String(id) }] }),
  );
  return server;
}

await serveAsAsked((transport) => createFixture().connect(transport));

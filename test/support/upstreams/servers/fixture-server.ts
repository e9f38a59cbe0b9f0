import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import { z } from 'zod';

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

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString()) as unknown);
}

/** Streamable HTTP with sessions; a session that is not known is a 404. */
function serveHttp(): Server {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const id = request.headers['mcp-session-id'];
    let transport = typeof id === 'string' ? sessions.get(id) : undefined;
    if (transport === undefined && id !== undefined) {
      response.writeHead(404).end('Session not found');
      return;
    }
    if (transport === undefined) {
      transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (session) => {
          if (transport !== undefined) sessions.set(session, transport);
        },
        onsessionclosed: (session) => void sessions.delete(session),
      });
      await createFixture().connect(transport);
    }
    await transport.handleRequest(
      request,
      response,
      request.method === 'POST' ? await readBody(request) : undefined,
    );
  };
  return createServer((request, response) => void handle(request, response));
}

/** One HTTP+SSE session of 2024-11-05, server side. */
class SseSession implements Transport {
  readonly id = randomUUID();
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;

  constructor(private readonly stream: ServerResponse) {
    stream.on('close', () => this.onclose?.());
  }

  start(): Promise<void> {
    this.stream.writeHead(200, { 'content-type': 'text/event-stream' });
    this.stream.write(`event: endpoint\ndata: /messages?sessionId=${this.id}\n\n`);
    return Promise.resolve();
  }

  send(message: JSONRPCMessage): Promise<void> {
    this.stream.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.stream.end();
    return Promise.resolve();
  }
}

/** HTTP+SSE of 2024-11-05. */
function serveSse(): Server {
  const sessions = new Map<string, SseSession>();
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://fixture');
    if (request.method === 'GET' && url.pathname === '/sse') {
      const session = new SseSession(response);
      sessions.set(session.id, session);
      response.on('close', () => sessions.delete(session.id));
      await createFixture().connect(session);
      return;
    }
    const session = sessions.get(url.searchParams.get('sessionId') ?? '');
    if (request.method !== 'POST' || url.pathname !== '/messages' || session === undefined) {
      response.writeHead(404).end('Not found');
      return;
    }
    const message = (await readBody(request)) as JSONRPCMessage;
    response.writeHead(202).end('Accepted');
    session.onmessage?.(message);
  };
  return createServer((request, response) => void handle(request, response));
}

const [mode = 'stdio', port = '0'] = process.argv.slice(2);
if (mode === 'stdio') await createFixture().connect(new StdioServerTransport());
else {
  const server = mode === 'sse' ? serveSse() : serveHttp();
  server.listen(Number(port), '127.0.0.1', () => {
    const address = server.address();
    console.log(`listening ${typeof address === 'object' && address !== null ? address.port : port}`);
  });
}

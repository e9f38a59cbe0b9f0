import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import {
  StreamableHTTPServerTransport,
  type StreamableHTTPServerTransportOptions,
} from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/** Connects a new server, made for this one conversation. */
type Connect = (transport: Transport) => Promise<void>;

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Serves over what the command line says: `stdio`, `http PORT` or `sse PORT`. Prints `listening PORT`. */
export async function serveAsAsked(
  connect: Connect,
  options: () => StreamableHTTPServerTransportOptions = () => ({}),
): Promise<void> {
  const [mode = 'stdio', port = '0'] = process.argv.slice(2);
  if (mode === 'stdio') await connect(new StdioServerTransport());
  else listen(mode === 'sse' ? overSse(connect) : overHttp(connect, options), port);
}

export function listen(handle: Handle, port = process.argv.at(-1)): void {
  const server: Server = createServer((request, response) => {
    if (isLocal(request)) void handle(request, response);
    else response.writeHead(403).end('Forbidden');
  });
  server.listen(Number(port), '127.0.0.1', () => {
    const address = server.address();
    console.log(`listening ${typeof address === 'object' && address !== null ? address.port : port}`);
  });
}

/** A browser's page of another site must not reach a server on its user's machine (DNS rebinding). */
function isLocal({ headers }: IncomingMessage): boolean {
  const names = [headers.origin, `http://${headers.host ?? ''}`].filter((it) => it !== undefined);
  return names.every((name) => {
    const host = URL.canParse(name) ? new URL(name).hostname : '';
    return ['127.0.0.1', 'localhost', '[::1]'].includes(host);
  });
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString()) as unknown);
}

/** Streamable HTTP with sessions; a session that is not known is a 404. */
function overHttp(connect: Connect, options: () => StreamableHTTPServerTransportOptions): Handle {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  return async (request, response) => {
    const id = request.headers['mcp-session-id'];
    let transport = typeof id === 'string' ? sessions.get(id) : undefined;
    if (transport === undefined && id !== undefined) {
      response.writeHead(404).end('Session not found');
      return;
    }
    if (transport === undefined) {
      transport = new StreamableHTTPServerTransport({
        ...options(),
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (session) => {
          if (transport !== undefined) sessions.set(session, transport);
        },
        onsessionclosed: (session) => void sessions.delete(session),
      });
      await connect(transport);
    }
    await transport.handleRequest(
      request,
      response,
      request.method === 'POST' ? await readBody(request) : undefined,
    );
  };
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
function overSse(connect: Connect): Handle {
  const sessions = new Map<string, SseSession>();
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://fixture');
    if (request.method === 'GET' && url.pathname === '/sse') {
      const session = new SseSession(response);
      sessions.set(session.id, session);
      response.on('close', () => sessions.delete(session.id));
      await connect(session);
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
}

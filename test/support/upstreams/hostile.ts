import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { behaviours, type Exchange, type Message } from './behaviours.js';

/** How the server misbehaves outside of tool calls; may be changed while it runs. */
export interface HostileMood {
  /** Answers every request with this status instead. */
  status: number | null;
  /** Answers nothing at all. */
  isSilent: boolean;
  /** Hangs up on every request. */
  isReset: boolean;
  /** The next requests that name a session are told that there is none, with this status. */
  lostStatus: 404 | 400 | null;
  lostText: string;
  /** Requires this `Authorization`. */
  authorization: string | null;
  /** null: sessions are given out. */
  hasSessions: boolean;
  /** The GET stream: refused, or kept open. */
  stream: 'refused' | 'open';
  /** Result of a list by method and cursor; the default lists one tool for each behaviour. */
  list: (method: string, cursor: string | undefined) => unknown;
  /** Answers `ping` with this status. */
  pingStatus: number | null;
  capabilities: Readonly<Record<string, unknown>>;
  protocolVersion: string;
}

export interface Received {
  readonly message: Message;
  readonly headers: IncomingMessage['headers'];
}

/**
 * A Streamable HTTP server that can do everything wrong. What a tool call gets is told by the tool's name, see
 * `behaviours`; the rest by `mood`.
 */
export class HostileServer {
  readonly mood: HostileMood = {
    status: null,
    isSilent: false,
    isReset: false,
    lostStatus: null,
    lostText: 'Session not found',
    authorization: null,
    hasSessions: true,
    stream: 'refused',
    list: defaultList,
    pingStatus: null,
    capabilities: { tools: { listChanged: true } },
    protocolVersion: '2025-11-25',
  };
  readonly received: Received[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #streams = new Set<ServerResponse>();
  #sessions = new Set<string>();

  private constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
    });
  }

  static async start(port = 0): Promise<HostileServer> {
    const server = new HostileServer();
    server.#server.listen(port, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.port}/mcp`);
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  count(method: string): number {
    return this.received.filter(({ message }) => message.method === method).length;
  }

  callsOf(tool: string): number {
    return this.received.filter(
      ({ message }) => message.method === 'tools/call' && message.params?.name === tool,
    ).length;
  }

  forgetSessions(): void {
    this.#sessions = new Set();
  }

  /** Sends something on every open GET stream. */
  push(raw: string): void {
    for (const stream of this.#streams) stream.write(raw);
  }

  endStreams(): void {
    for (const stream of this.#streams) stream.end();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const { mood } = this;
    if (mood.isSilent) return;
    if (mood.isReset) {
      request.socket.resetAndDestroy();
      return;
    }
    if (mood.authorization !== null && request.headers.authorization !== mood.authorization) {
      response
        .writeHead(401, { 'content-type': 'text/plain' })
        .end(`Bad token ${request.headers.authorization ?? ''}`);
      return;
    }
    if (mood.status !== null) {
      response.writeHead(mood.status, { 'content-type': 'text/html' }).end('<h1>Secret internals</h1>');
      return;
    }
    if (request.method === 'GET') this.#openStream(request, response);
    else if (request.method === 'POST') this.#post(request, response, Buffer.concat(chunks).toString());
    else {
      this.#sessions.delete(String(request.headers['mcp-session-id']));
      response.writeHead(200).end();
    }
  }

  #openStream(request: IncomingMessage, response: ServerResponse): void {
    const lastEventId = request.headers['last-event-id'];
    if (typeof lastEventId === 'string' && lastEventId.startsWith('resume-')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const id = lastEventId.slice('resume-'.length);
      response.end(`id: later\ndata: {"jsonrpc":"2.0","id":${id},"result":{"content":[]}}\n\n`);
    } else if (lastEventId === 'forgotten') response.writeHead(404).end('Session not found');
    else if (this.mood.stream === 'refused') response.writeHead(405).end();
    else {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': hello\n\n');
      this.#streams.add(response);
      response.on('close', () => this.#streams.delete(response));
    }
  }

  #post(request: IncomingMessage, response: ServerResponse, body: string): void {
    const message = JSON.parse(body) as Message;
    this.received.push({ message, headers: request.headers });
    if (message.method === 'initialize') {
      this.#initialize(message, response);
      return;
    }
    const session = request.headers['mcp-session-id'];
    const isLost =
      this.mood.lostStatus !== null || (session !== undefined && !this.#sessions.has(String(session)));
    if (isLost && this.mood.hasSessions) {
      const status = this.mood.lostStatus ?? 404;
      this.mood.lostStatus = null;
      response.writeHead(status, { 'content-type': 'text/plain' }).end(this.mood.lostText);
      return;
    }
    if (message.id === undefined) response.writeHead(202).end();
    else this.#answer(message, { request, response, message });
  }

  #initialize(message: Message, response: ServerResponse): void {
    const { capabilities, protocolVersion, hasSessions } = this.mood;
    const session = randomUUID();
    this.#sessions.add(session);
    const result = { protocolVersion, capabilities, serverInfo: { name: 'hostile', version: '0' } };
    json(
      response,
      { jsonrpc: '2.0', id: message.id, result },
      hasSessions ? { 'mcp-session-id': session } : {},
    );
  }

  #answer(message: Message, exchange: Exchange): void {
    const reply = (result: unknown): void =>
      json(exchange.response, { jsonrpc: '2.0', id: message.id, result });
    const { method, params } = message;
    if (method === 'tools/call') {
      const behaviour = behaviours[params?.name ?? ''];
      if (behaviour === undefined) reply({ content: [], isError: true });
      else behaviour(exchange, params?.arguments ?? {});
    } else if (method?.endsWith('/list') === true) reply(this.mood.list(method, params?.cursor));
    else if (method === 'ping' && this.mood.pingStatus !== null) {
      exchange.response.writeHead(this.mood.pingStatus).end();
    } else reply({});
  }
}

function defaultList(method: string): unknown {
  if (method !== 'tools/list') return { prompts: [], resources: [], resourceTemplates: [] };
  return { tools: Object.keys(behaviours).map((name) => ({ name, inputSchema: { type: 'object' } })) };
}

function json(response: ServerResponse, message: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(message));
}

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Readonly<Record<string, unknown>>;

export interface ModernMessage {
  readonly id: number;
  readonly method: string;
  readonly params: Json & { readonly name?: string; readonly _meta: Json };
}

export interface ReceivedMessage {
  readonly message: ModernMessage;
  readonly headers: IncomingHttpHeaders;
}

/** Answers one request; `reply` and `refuse` are the usual ways, `response` is for the others. */
export type ModernAnswer = (exchange: {
  readonly message: ModernMessage;
  readonly headers: IncomingHttpHeaders;
  readonly response: ServerResponse;
  readonly reply: (result: Json) => void;
  readonly refuse: (status: number, code: number, data?: unknown) => void;
}) => void;

/** A server of revision 2026-07-28 that says what a test wants it to say. */
export class ModernHostile {
  readonly received: ReceivedMessage[] = [];
  readonly capabilities: Record<string, unknown> = { tools: { listChanged: true } };
  readonly tools: Json[] = [{ name: 'ok', inputSchema: { type: 'object' } }];
  /** By tool, or by method for everything but tool calls. */
  readonly answers = new Map<string, ModernAnswer>();
  readonly #listeners = new Map<number, ServerResponse>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.method === 'POST')
          this.#post(Buffer.concat(chunks).toString(), request.headers, response);
        else response.writeHead(405).end();
      });
    });
  }

  static async start(): Promise<ModernHostile> {
    const server = new ModernHostile();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`);
  }

  /** Ids of the subscriptions that are open. */
  get subscriptions(): readonly number[] {
    return [...this.#listeners.keys()];
  }

  all(method: string): readonly ReceivedMessage[] {
    return this.received.filter(({ message }) => message.method === method);
  }

  /** Sends a notification on every open subscription. */
  push(method: string, params: Json): void {
    for (const [id, response] of this.#listeners) {
      const _meta = { 'io.modelcontextprotocol/subscriptionId': id };
      response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', method, params: { ...params, _meta } })}\n\n`);
    }
  }

  breakSubscriptions(): void {
    for (const response of this.#listeners.values()) response.destroy();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #post(body: string, headers: IncomingHttpHeaders, response: ServerResponse): void {
    const message = JSON.parse(body) as ModernMessage;
    this.received.push({ message, headers });
    const send = (status: number, answer: Json): void => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...answer }));
    };
    const exchange = {
      message,
      headers,
      response,
      reply: (result: Json) => send(200, { result: { resultType: 'complete', ...result } }),
      refuse: (status: number, code: number, data?: unknown) =>
        send(status, { error: { code, message: 'refused', data } }),
    };
    const { method, params } = message;
    const answer = this.answers.get(method === 'tools/call' ? (params.name ?? '') : method);
    if (answer !== undefined) answer(exchange);
    else if (method === 'server/discover') {
      exchange.reply({ supportedVersions: ['2026-07-28'], capabilities: this.capabilities });
    } else if (method === 'tools/list') exchange.reply({ tools: this.tools });
    else if (method === 'tools/call') exchange.reply({ content: [{ type: 'text', text: 'ok' }] });
    else if (method === 'subscriptions/listen') this.#listen(message, response);
    else exchange.refuse(404, -32601);
  }

  #listen({ id, params }: ModernMessage, response: ServerResponse): void {
    this.#listeners.set(id, response);
    response.on('close', () => this.#listeners.delete(id));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const acknowledged = {
      jsonrpc: '2.0',
      method: 'notifications/subscriptions/acknowledged',
      params: {
        notifications: params['notifications'],
        _meta: { 'io.modelcontextprotocol/subscriptionId': id },
      },
    };
    response.write(`data: ${JSON.stringify(acknowledged)}\n\n`);
  }
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly protocolVersion?: string; readonly arguments?: { readonly ms?: number } };
}

/** Any number of MCP servers behind one port, each at a path of its own; they count who opens a session with them. */
export class ManyServers {
  /** How often `initialize` was asked for, by path. */
  readonly opened = new Map<string, number>();
  /** Calls under way. */
  calls = 0;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${path}`;
  }

  get totalOpened(): number {
    return [...this.opened.values()].reduce((sum, count) => sum + count, 0);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const { id, method, params } = (await json(request)) as Message;
    if (id === undefined) {
      response.writeHead(202).end();
      return;
    }
    if (method === 'initialize') this.#count(request.url ?? '');
    if (method === 'tools/call') {
      this.calls++;
      await sleep(params?.arguments?.ms ?? 0);
      this.calls--;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: resultOf(method, params) }));
  }

  #count(path: string): void {
    this.opened.set(path, (this.opened.get(path) ?? 0) + 1);
  }
}

function resultOf(method: string, params: Message['params']): unknown {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params?.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'one of many', version: '1.0.0' },
      };
    case 'tools/list':
      return { tools: [{ name: 'wait', inputSchema: { type: 'object' } }] };
    case 'tools/call':
      return { content: [{ type: 'text', text: 'done' }] };
    default:
      return {};
  }
}

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';

const info = { name: 'test-client', version: '1.0.0' };

/** The official v1 client over Streamable HTTP. */
export async function connectHttp(
  url: string,
  key: string,
  options: { path?: string; headers?: Record<string, string>; capabilities?: ClientCapabilities } = {},
): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
  const client = new Client(info, { capabilities: options.capabilities ?? {} });
  const transport = new StreamableHTTPClientTransport(new URL(url + (options.path ?? '/mcp')), {
    requestInit: { headers: { authorization: `Bearer ${key}`, ...options.headers } },
  });
  await client.connect(transport);
  return { client, transport };
}

/** The official v1 client over HTTP+SSE. */
export async function connectSse(
  url: string,
  key: string,
  options: { path?: string; capabilities?: ClientCapabilities } = {},
): Promise<{ client: Client; transport: SSEClientTransport }> {
  const client = new Client(info, { capabilities: options.capabilities ?? {} });
  const headers = { authorization: `Bearer ${key}` };
  const transport = new SSEClientTransport(new URL(url + (options.path ?? '/sse')), {
    requestInit: { headers },
    eventSourceInit: {
      fetch: (input, init) => {
        const sent = new Headers(init.headers);
        for (const [name, value] of Object.entries(headers)) sent.set(name, value);
        return fetch(input, { ...init, headers: sent });
      },
    },
  });
  await client.connect(transport);
  return { client, transport };
}

/** Text of a result's first content block. */
export function textOf(result: unknown): string {
  const { content } = result as { content: readonly { readonly text?: string }[] };
  return content[0]?.text ?? '';
}

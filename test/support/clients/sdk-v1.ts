import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  type ClientResult,
} from '@modelcontextprotocol/sdk/types.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

import {
  clientInfo,
  everyCapability,
  type AskedQuestion,
  type ClientOptions,
  type TestClient,
  type ToolResult,
} from './client.js';

export interface ClientV1 extends TestClient {
  readonly client: Client;
}

/** The official client, version 1, over Streamable HTTP. */
export function connectV1OverHttp(options: ClientOptions): Promise<ClientV1> {
  const requestInit = { headers: { authorization: `Bearer ${options.key}` } };
  return connect(new StreamableHTTPClientTransport(new URL(options.url), { requestInit }), options);
}

/** The official client, version 1, over HTTP+SSE of 2024-11-05. */
export function connectV1OverSse(options: ClientOptions): Promise<ClientV1> {
  const headers = { authorization: `Bearer ${options.key}` };
  const transport = new SSEClientTransport(new URL(options.url), {
    requestInit: { headers },
    eventSourceInit: {
      fetch: (input, init) => {
        const sent = new Headers(init.headers);
        for (const [name, value] of Object.entries(headers)) sent.set(name, value);
        return fetch(input, { ...init, headers: sent });
      },
    },
  });
  return connect(transport, options);
}

async function connect(transport: Transport, { answer }: ClientOptions): Promise<ClientV1> {
  const client = new Client(clientInfo, { capabilities: answer === undefined ? {} : everyCapability });
  if (answer !== undefined) {
    const answered = (request: unknown): ClientResult => answer(request as AskedQuestion);
    client.setRequestHandler(CreateMessageRequestSchema, (request) => answered(request));
    client.setRequestHandler(ElicitRequestSchema, (request) => answered(request));
    client.setRequestHandler(ListRootsRequestSchema, (request) => answered(request));
  }
  await client.connect(transport);
  return {
    client,
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (name, args = {}, { onProgress, signal } = {}) =>
      client.callTool({ name, arguments: args }, undefined, {
        ...(onProgress === undefined ? {} : { onprogress: ({ progress }) => onProgress(progress) }),
        ...(signal === undefined ? {} : { signal }),
      }) as Promise<ToolResult>,
    prompt: (name) => client.getPrompt({ name }),
    resource: (uri) => client.readResource({ uri }),
    close: () => client.close(),
  };
}

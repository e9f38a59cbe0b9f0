import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

import {
  clientInfo,
  everyCapability,
  type AskedQuestion,
  type ClientOptions,
  type TestClient,
} from './client.js';

export interface ClientV2 extends TestClient {
  readonly client: Client;
}

/** The official client, version 2, over Streamable HTTP: as `initialize` opens it, or pinned to 2026-07-28. */
export async function connectV2(
  { url, key, answer }: ClientOptions,
  era: 'legacy' | 'modern',
): Promise<ClientV2> {
  const client = new Client(clientInfo, {
    capabilities: answer === undefined ? {} : everyCapability,
    versionNegotiation: { mode: era === 'modern' ? { pin: '2026-07-28' } : 'legacy' },
  });
  if (answer !== undefined) {
    const answered = (request: unknown): never => answer(request as AskedQuestion) as never;
    client.setRequestHandler('sampling/createMessage', answered);
    client.setRequestHandler('elicitation/create', answered);
    client.setRequestHandler('roots/list', answered);
  }
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return {
    client,
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (name, args = {}, { onProgress, signal } = {}) =>
      client.callTool(
        { name, arguments: args },
        {
          ...(onProgress === undefined ? {} : { onprogress: ({ progress }) => onProgress(progress) }),
          ...(signal === undefined ? {} : { signal }),
        },
      ),
    prompt: (name) => client.getPrompt({ name }),
    resource: (uri) => client.readResource({ uri }),
    close: () => client.close(),
  };
}

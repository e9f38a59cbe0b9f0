import {
  Client,
  StreamableHTTPClientTransport,
  type ClientCapabilities,
  type ClientOptions,
} from '@modelcontextprotocol/client';

export interface ModernClientOptions {
  readonly path?: string;
  readonly capabilities?: ClientCapabilities;
  readonly options?: Partial<ClientOptions>;
  /** Before it connects: handlers for what a server wants to know. */
  readonly prepare?: (client: Client) => void;
}

/** The official v2 client, held to revision 2026-07-28. */
export async function connectModern(
  url: string,
  key: string,
  { path = '/mcp', capabilities = {}, options = {}, prepare }: ModernClientOptions = {},
): Promise<Client> {
  const client = new Client(
    { name: 'modern-client', version: '1.0.0' },
    { capabilities, versionNegotiation: { mode: { pin: '2026-07-28' } }, ...options },
  );
  prepare?.(client);
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url + path), { requestInit }));
  return client;
}

export interface RawAnswer {
  readonly status: number;
  readonly body: {
    readonly result?: Readonly<Record<string, unknown>>;
    readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  };
}

/** One request of revision 2026-07-28 as it goes over the wire; the answer must be plain JSON. */
export async function postModern(
  url: string,
  key: string,
  method: string,
  params: Readonly<Record<string, unknown>>,
  more: {
    readonly capabilities?: unknown;
    readonly meta?: object;
    readonly headers?: Record<string, string>;
  } = {},
): Promise<RawAnswer> {
  const name = params['name'] ?? params['uri'];
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
      ...more.headers,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': more.capabilities ?? {},
          ...more.meta,
        },
      },
    }),
  });
  return { status: response.status, body: (await response.json()) as RawAnswer['body'] };
}

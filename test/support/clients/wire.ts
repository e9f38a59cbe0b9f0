import { setTimeout as sleep } from 'node:timers/promises';

/** One JSON-RPC message as it came. */
export interface WireMessage {
  readonly jsonrpc: string;
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>> & {
    readonly content?: readonly { readonly text?: string }[];
  };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Of a JSON answer or of an event stream, in order. */
  readonly messages: readonly WireMessage[];
}

/** The endpoint as bytes: for what no client would send. */
export interface Wire {
  readonly url: string;
  readonly key: string;
}

const modern = '2026-07-28';

/** Sends a body and reads the whole answer. A header that is undefined is left out. */
export async function send(
  { url, key }: Wire,
  body: unknown,
  headers: Readonly<Record<string, string | undefined>> = {},
): Promise<WireAnswer> {
  const all: Record<string, string | undefined> = {
    authorization: `Bearer ${key}`,
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    ...headers,
  };
  const sent = Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined);
  const response = await fetch(url, {
    method: 'POST',
    headers: sent,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, messages: messagesOf(text) };
}

function messagesOf(text: string): readonly WireMessage[] {
  if (text === '' || text === 'Accepted') return [];
  if (/^[[{]/.test(text)) {
    const parsed = JSON.parse(text) as WireMessage | WireMessage[];
    return Array.isArray(parsed) ? parsed : [parsed];
  }
  return eventsOf(text);
}

function eventsOf(text: string): readonly WireMessage[] {
  return text
    .split('\n\n')
    .map((event) => event.split('\n').filter((line) => line.startsWith('data: ')))
    .filter((lines) => lines.length > 0)
    .map((lines) => JSON.parse(lines.map((line) => line.slice(6)).join('\n')) as WireMessage);
}

export function request(
  method: string,
  params: unknown = {},
  id: string | number = 1,
): Record<string, unknown> {
  return { jsonrpc: '2.0', id, method, params };
}

export interface OpenOptions {
  readonly version?: string;
  readonly capabilities?: Readonly<Record<string, unknown>>;
}

/** Opens a session of Streamable HTTP: its id as a header. */
export async function openSession(
  wire: Wire,
  { version = '2025-11-25', capabilities = {} }: OpenOptions = {},
): Promise<{ 'mcp-session-id': string }> {
  const clientInfo = { name: 'wire', version: '1' };
  const params = { protocolVersion: version, capabilities, clientInfo };
  const { headers } = await send(wire, request('initialize', params));
  const session = { 'mcp-session-id': headers.get('mcp-session-id') ?? '' };
  await send(wire, { jsonrpc: '2.0', method: 'notifications/initialized' }, session);
  return session;
}

/** A request of 2026-07-28 with its envelope and headers; `change` makes them wrong. */
export function sendModern(
  wire: Wire,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  change: {
    readonly id?: string | number;
    readonly capabilities?: Readonly<Record<string, unknown>>;
    readonly meta?: Readonly<Record<string, unknown>>;
    readonly headers?: Readonly<Record<string, string | undefined>>;
  } = {},
): Promise<WireAnswer> {
  const meta = { ...modernMeta(change.capabilities), ...change.meta };
  const name = method === 'resources/subscribe' ? undefined : (params['name'] ?? params['uri']);
  return send(wire, request(method, { ...params, _meta: meta }, change.id), {
    ...modernHeaders(method, name),
    ...change.headers,
  });
}

/** The envelope of 2026-07-28. */
export function modernMeta(
  capabilities: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    'io.modelcontextprotocol/protocolVersion': modern,
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  };
}

/** The headers that say what is in the body of a request of 2026-07-28. */
export function modernHeaders(method: string, name?: unknown): Readonly<Record<string, string>> {
  return {
    'mcp-protocol-version': modern,
    'mcp-method': method,
    ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
  };
}

/** A session of HTTP+SSE, as bytes. */
export class WireStream {
  readonly #stop = new AbortController();
  readonly messages: WireMessage[] = [];
  #endpoint = '';

  private constructor(
    private readonly origin: string,
    private readonly key: string,
  ) {}

  static async open({ url, key }: Wire): Promise<WireStream> {
    const stream = new WireStream(new URL(url).origin, key);
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
      signal: stream.#stop.signal,
    });
    void stream.#read(response).catch(() => undefined);
    while (stream.#endpoint === '') await sleep(5);
    return stream;
  }

  /** Where it is posted to. */
  get endpoint(): string {
    return this.#endpoint;
  }

  /** Status of the POST; the answer comes on the stream. */
  async send(body: unknown): Promise<number> {
    const { status } = await send({ url: this.origin + this.#endpoint, key: this.key }, body);
    return status;
  }

  /** The answer to a request, once it has come. */
  async answerTo(id: string | number): Promise<WireMessage> {
    for (let waited = 0; waited < 2_000; waited++) {
      const answer = this.messages.find((message) => message.id === id && message.method === undefined);
      if (answer !== undefined) return answer;
      await sleep(5);
    }
    throw new Error(`No answer to ${String(id)}`);
  }

  close(): void {
    this.#stop.abort();
  }

  async #read(response: Response): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const end = text.lastIndexOf('\n\n');
      if (end < 0) continue;
      const whole = text.slice(0, end);
      text = text.slice(end + 2);
      this.#endpoint ||= /event: endpoint\ndata: (.+)/.exec(whole)?.[1] ?? '';
      this.messages.push(...eventsOf(whole.replace(/event: endpoint\ndata: .+/, '')));
    }
  }
}

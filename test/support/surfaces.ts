import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expect } from '@jest/globals';

import { connectSse } from './mcp-clients.js';
import { completion, type MockProvider } from './mock-provider.js';

type Row = Readonly<Record<string, unknown>>;

/** A tool of `catalog-server` by its upstream's and its own name. */
export interface Tool {
  readonly upstream: string;
  readonly tool: string;
}

export const qualified = ({ upstream, tool }: Tool): string => `${upstream}__${tool}`;

/** One way for clients to get at tools; lists hold qualified names, sorted. */
export interface ToolSurface {
  readonly list: (key: string) => Promise<string[]>;
  /** Whether the call was let through; any answer but those two there may be fails the test. */
  readonly call: (key: string, tool: Tool) => Promise<boolean>;
}

/** One way for clients to get at what an upstream has besides tools. */
export type WholeSurface = (key: string, upstream: string) => Promise<boolean>;

type Ask = (method: string, params: object) => Promise<Row>;

/** Every surface of a gateway whose upstreams are `catalog-server`s and whose model `mock` is the provider's. */
export class Surfaces {
  /** One session and one client for each key, until `reset`. */
  readonly #sessions = new Map<string, Promise<Ask>>();
  readonly #clients = new Map<string, Promise<Client>>();

  constructor(
    private readonly url: string,
    private readonly provider: MockProvider,
  ) {}

  readonly tools: Readonly<Record<string, ToolSurface>> = {
    REST: {
      list: async (key) => namesOf((await this.#get('/mcp/tools/list', key))['tools']),
      call: async (key, tool) => {
        const answer = await this.#post('/mcp/tools/call', { name: qualified(tool), arguments: {} }, key);
        return isLetThrough(answer, resultOf(tool), error({ code: 'unknown_tool' }));
      },
    },
    'LiteLLM’s REST': {
      list: async (key) => {
        const { tools } = await this.#get('/mcp-rest/tools/list', key);
        const listed = tools as { mcp_info: { server_name: string; tool_name: string } }[];
        return listed.map(({ mcp_info: it }) => `${it.server_name}__${it.tool_name}`).sort();
      },
      call: async (key, tool) => {
        const body = { server_id: tool.upstream, name: tool.tool, arguments: {} };
        const answer = await this.#post('/mcp-rest/tools/call', body, key);
        // A server of which nothing may be used is not there.
        return isLetThrough(
          answer,
          resultOf(tool),
          error({ code: expect.stringMatching(/^(?:unknown_tool|not_found)$/) }),
        );
      },
    },
    'Streamable HTTP': {
      list: async (key) => namesOf(resultIn(await (await this.#session(key))('tools/list', {}))['tools']),
      call: async (key, tool) => {
        const answer = await (
          await this.#session(key)
        )('tools/call', { name: qualified(tool), arguments: {} });
        return isLetThrough(answer, result(resultOf(tool)), unknownTool(tool));
      },
    },
    'stateless HTTP': {
      list: async (key) => namesOf(resultIn(await this.#stateless(key, 'tools/list', {}))['tools']),
      call: async (key, tool) => {
        const answer = await this.#stateless(key, 'tools/call', { name: qualified(tool), arguments: {} });
        return isLetThrough(answer, result(expect.objectContaining(resultOf(tool))), unknownTool(tool));
      },
    },
    'HTTP+SSE': {
      list: async (key) => namesOf((await (await this.#client(key)).listTools()).tools),
      call: async (key, tool) => {
        const client = await this.#client(key);
        const answer: unknown = await client
          .callTool({ name: qualified(tool), arguments: {} })
          .catch((thrown: unknown) => thrown);
        const message = expect.stringContaining(`Unknown tool: ${qualified(tool)}`);
        return isLetThrough(answer, resultOf(tool), expect.objectContaining({ code: -32602, message }));
      },
    },
    'the tool loop of completions': {
      list: async (key) => {
        this.provider.script(completion({ content: 'done' }));
        const offered = (await this.#complete(key))['tools'] as { function: { name: string } }[] | undefined;
        return (offered ?? []).map((it) => it.function.name).sort();
      },
      call: async (key, tool) => {
        const call = { name: qualified(tool), arguments: '{}' };
        this.provider.script(completion({ toolCalls: [call] }), completion({ content: 'done' }));
        const { content } = ((await this.#complete(key))['messages'] as Row[]).at(-1) ?? {};
        const refused = expect.stringContaining(`Unknown tool: ${call.name}`);
        return isLetThrough(content, textOf(tool), refused);
      },
    },
  };

  readonly wholes: Readonly<Record<string, WholeSurface>> = {
    resources: async (key, upstream) => {
      const ask = await this.#session(key);
      const uri = `catalog://${upstream}`;
      const { resources } = resultIn(await ask('resources/list', {})) as unknown as {
        resources: { uri: string }[];
      };
      const read = await ask('resources/read', { uri });
      const isRead = isLetThrough(
        read,
        result({ contents: [{ uri, text: upstream }] }),
        error({ code: -32002 }),
      );
      expect(resources.some((it) => it.uri === uri)).toBe(isRead);
      return isRead;
    },
    prompts: async (key, upstream) => {
      const ask = await this.#session(key);
      const name = `${upstream}__ask`;
      const listed = namesOf(resultIn(await ask('prompts/list', {}))['prompts']);
      const got = await ask('prompts/get', { name, arguments: { topic: 'x' } });
      const isGot = isLetThrough(got, result(withMember('messages')), error({ code: -32602 }));
      expect(listed.includes(name)).toBe(isGot);
      return isGot;
    },
    completion: async (key, upstream) => {
      const ref = { type: 'ref/prompt', name: `${upstream}__ask` };
      const params = { ref, argument: { name: 'topic', value: '' } };
      const completed = { completion: expect.objectContaining({ values: [upstream] }) };
      const answer = await (await this.#session(key))('completion/complete', params);
      return isLetThrough(answer, result(completed), error({ code: -32602 }));
    },
    'stateless resources': async (key, upstream) => {
      const answer = await this.#stateless(key, 'resources/read', { uri: `catalog://${upstream}` });
      return isLetThrough(answer, result(withMember('contents')), error({ code: -32602 }));
    },
  };

  /** Forgets its sessions and clients. */
  async reset(): Promise<void> {
    for (const client of this.#clients.values()) await (await client).close();
    this.#clients.clear();
    this.#sessions.clear();
  }

  #session(key: string): Promise<Ask> {
    const session = this.#sessions.get(key) ?? this.#initialize(key);
    this.#sessions.set(key, session);
    return session;
  }

  async #initialize(key: string): Promise<Ask> {
    const clientInfo = { name: 'x', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const body = { jsonrpc: '2.0', id: 0, method: 'initialize', params };
    const opened = await this.#send('/mcp', body, key, accept);
    const headers = { ...accept, 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    return (method, asked) =>
      this.#post('/mcp', { jsonrpc: '2.0', id: 1, method, params: asked }, key, headers);
  }

  #client(key: string): Promise<Client> {
    const client = this.#clients.get(key) ?? connectSse(this.url, key).then((it) => it.client);
    this.#clients.set(key, client);
    return client;
  }

  #stateless(key: string, method: string, params: Row): Promise<Row> {
    const version = '2026-07-28';
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': version,
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const name = params['name'] ?? params['uri'];
    const headers = {
      ...{ ...accept, 'mcp-protocol-version': version, 'mcp-method': method },
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    };
    return this.#post('/mcp', { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } }, key, headers);
  }

  /** Resolves with what the model was asked last. */
  async #complete(key: string): Promise<Row> {
    const tool = { type: 'mcp', server_label: 'own', server_url: 'litellm_proxy', require_approval: 'never' };
    const messages = [{ role: 'user', content: 'x' }];
    await this.#post('/v1/chat/completions', { model: 'mock', messages, tools: [tool] }, key);
    return this.provider.last.json;
  }

  async #get(path: string, key: string): Promise<Row> {
    const response = await fetch(this.url + path, { headers: { authorization: `Bearer ${key}` } });
    return (await response.json()) as Row;
  }

  async #post(path: string, body: object, key: string, headers: Headers = {}): Promise<Row> {
    return (await (await this.#send(path, body, key, headers)).json()) as Row;
  }

  #send(path: string, body: object, key: string, headers: Headers): Promise<Response> {
    return fetch(this.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }
}

type Headers = Readonly<Record<string, string>>;
const accept: Headers = { accept: 'application/json, text/event-stream' };

const textOf = ({ upstream, tool }: Tool): string => `${upstream}/${tool}`;
const resultOf = (tool: Tool) => ({ content: [{ type: 'text', text: textOf(tool) }] });
const namesOf = (listed: unknown): string[] => (listed as { name: string }[]).map(({ name }) => name).sort();
const resultIn = (answer: Row): Row => answer['result'] as Row;
const result = (wanted: unknown): unknown => expect.objectContaining({ result: wanted });
const error = (wanted: Row): unknown => expect.objectContaining({ error: expect.objectContaining(wanted) });
const withMember = (name: string): unknown => expect.objectContaining({ [name]: expect.anything() });
const unknownTool = (tool: Tool): unknown =>
  error({ code: -32602, message: `Unknown tool: ${qualified(tool)}` });

function isLetThrough(answer: unknown, allowed: unknown, refused: unknown): boolean {
  try {
    expect(answer).toEqual(refused);
    return false;
  } catch {
    expect(answer).toEqual(allowed);
    return true;
  }
}

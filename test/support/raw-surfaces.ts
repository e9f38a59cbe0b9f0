import { modernHeaders, modernMeta, openSession, request, WireStream } from './clients/wire.js';
import type { RawReply } from './clients/raw-client.js';
import { completion, MockProvider, type SeenRequest } from './mock-provider.js';
import { eventually, startGateway, type RunningGateway } from './gateway.js';
import { startFixture } from './upstreams/fixture.js';

/** A request in the two parts that a client may send as it likes. */
export interface RawRequest {
  /** Request line and headers, without those that frame the body, each with its line's end. */
  readonly head: string;
  readonly body: string;
}

/** One way to have something said again by who is behind the gateway, as bytes. */
export interface RawSurface {
  readonly ask: (id: number, text: string) => RawRequest;
  /** What was said again to the request of this id, for which the gateway gave this reply. */
  readonly answer: (id: number, reply: RawReply) => string | Promise<string>;
}

export const surfaceNames = ['Streamable HTTP', 'HTTP+SSE', '2026-07-28', 'REST', 'completions'] as const;
type SurfaceName = (typeof surfaceNames)[number];

/** The built gateway with an MCP server and a model that both say again what they are told, and a key for all. */
export interface RawLab {
  readonly gateway: RunningGateway;
  readonly key: string;
  readonly provider: MockProvider;
  readonly surfaces: Readonly<Record<SurfaceName, RawSurface>>;
  /** A request of these headers, beside those that each has. */
  readonly head: (method: string, path: string, headers?: Readonly<Record<string, string>>) => string;
  readonly stop: () => Promise<void>;
}

export async function startRawLab(
  hotRoutes: boolean,
  limits: Readonly<Record<string, unknown>> = {},
): Promise<RawLab> {
  const [fixture, provider] = await Promise.all([startFixture('http'), MockProvider.start()]);
  provider.otherwise((response, seen) => completion({ content: lastSaid(seen) })(response, seen));
  const litellm_params = { model: 'openai/real', api_base: provider.base, api_key: 'sk-any' };
  const gateway = await startGateway({
    hotRoutes,
    config: JSON.stringify({
      mcp_servers: { up: { url: fixture.url.href } },
      model_list: [{ model_name: 'mock', litellm_params }],
      general_settings: { limits },
    }),
  });
  await eventually('the tools', async () => {
    const { body } = await gateway.api('GET', '/mcp/tools/list');
    return (body['tools'] as unknown[]).length > 0;
  });
  const key = String((await gateway.api('POST', '/key/generate', {})).body['key']);
  const head: RawLab['head'] = (method, path, headers = {}) =>
    [
      `${method} ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${gateway.port}`,
      `Authorization: Bearer ${key}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      '',
    ].join('\r\n');
  const wire = { url: `${gateway.url}/mcp`, key };
  const [session, stream] = await Promise.all([
    openSession(wire),
    WireStream.open({ url: `${gateway.url}/sse`, key }),
  ]);
  const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): RawRequest => ({
    head: head('POST', path, {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      ...headers,
    }),
    body: JSON.stringify(body),
  });
  const echo = (message: string) => ({ name: 'up__echo', arguments: { message } });
  return {
    gateway,
    key,
    provider,
    head,
    surfaces: {
      'Streamable HTTP': {
        ask: (id, text) => post('/mcp', request('tools/call', echo(text), id), session),
        answer: (id, reply) => rpcText(id, reply),
      },
      'HTTP+SSE': {
        ask: (id, text) => post(stream.endpoint, request('tools/call', echo(text), id)),
        answer: async (id, reply) => {
          if (reply.status !== 202) throw new Error(`Status ${reply.status}: ${reply.body}`);
          return (await stream.answerTo(id)).result?.content?.[0]?.text ?? '';
        },
      },
      '2026-07-28': {
        ask: (id, text) =>
          post(
            '/mcp',
            request('tools/call', { ...echo(text), _meta: modernMeta() }, id),
            modernHeaders('tools/call', 'up__echo'),
          ),
        answer: (id, reply) => rpcText(id, reply),
      },
      REST: {
        ask: (_, text) => post('/mcp/tools/call', echo(text)),
        answer: (_, { body }) => (JSON.parse(body) as ToolResult).content[0]?.text ?? '',
      },
      completions: {
        ask: (_, content) =>
          post('/v1/chat/completions', { model: 'mock', messages: [{ role: 'user', content }] }),
        answer: (_, { body }) => (JSON.parse(body) as Completion).choices[0]?.message.content ?? '',
      },
    },
    stop: async () => {
      stream.close();
      await gateway.stop();
      await Promise.all([fixture.kill(), provider.close()]);
    },
  };
}

/** The request with the length of its body. */
export function framed({ head, body }: RawRequest, length = Buffer.byteLength(body)): string {
  return `${head}Content-Length: ${length}\r\n\r\n${body}`;
}

interface ToolResult {
  readonly content: readonly { readonly text: string }[];
}

interface Completion {
  readonly choices: readonly { readonly message: { readonly content: string } }[];
}

function rpcText(id: number, { body }: RawReply): string {
  const answer = JSON.parse(body) as { id: number; result: ToolResult };
  if (answer.id !== id) throw new Error(`Not the answer to ${id}: ${body}`);
  return answer.result.content[0]?.text ?? '';
}

/** `7 bytes` are said as so many. */
function lastSaid({ json }: SeenRequest): string {
  const said = (json['messages'] as { content: string }[]).at(-1)?.content ?? '';
  const [, bytes] = /^(\d+) bytes$/.exec(said) ?? [];
  return bytes === undefined ? said : 'x'.repeat(Number(bytes));
}

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';

import { everythingStdio, startEverything, type RunningServer } from '../support/everything.js';
import { eventually, masterKey } from '../support/gateway.js';
import { serveInProcess, type InProcessGateway } from '../support/in-process.js';
import { connectHttp, connectSse, textOf } from '../support/mcp-clients.js';
import { connectModern, postModern } from '../support/modern-client.js';

const everything = { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };

/** The official server that offers some tools only to clients that can be asked. */
describe('tools for clients that can be asked', () => {
  let gateway: InProcessGateway;
  let server: RunningServer;

  beforeAll(async () => {
    server = await startEverything('streamableHttp');
    const { command, args } = everythingStdio;
    gateway = await serveInProcess(
      [
        'mcp_servers:',
        `  http: { url: "${server.url}" }`,
        `  stdio: { command: ${JSON.stringify(command)}, args: ${JSON.stringify(args)} }`,
        `  one: { url: "${server.url}", session: shared }`,
      ].join('\n'),
    );
    await eventually('what the upstreams offer such clients', async () => {
      const names = await toolsOf(everything);
      return ['http', 'stdio'].every((name) => names.includes(`${name}__get-roots-list`));
    });
  }, 60_000);

  afterAll(async () => {
    await gateway.close();
    await server.kill();
  });

  async function toolsOf(capabilities: ClientCapabilities): Promise<string[]> {
    const { client } = await connectHttp(gateway.url, masterKey, { capabilities });
    const { tools } = await client.listTools();
    await client.close();
    return tools.map(({ name }) => name);
  }

  const conditional = (names: readonly string[], upstream: string): readonly string[] =>
    names
      .filter((name) => name.startsWith(`${upstream}__`) && /trigger-(elic|samp|url)|roots/.test(name))
      .map((name) => name.slice(upstream.length + 2))
      .sort();

  test.each<[string, ClientCapabilities, readonly string[]]>([
    ['nothing', {}, []],
    ['sampling', { sampling: {} }, ['trigger-sampling-request']],
    ['a form', { elicitation: {} }, ['trigger-elicitation-request']],
    ['an address', { elicitation: { url: {} } }, ['trigger-elicitation-request', 'trigger-url-elicitation']],
    ['its roots', { roots: {} }, ['get-roots-list']],
    [
      'everything',
      everything,
      [
        'get-roots-list',
        'trigger-elicitation-request',
        'trigger-sampling-request',
        'trigger-url-elicitation',
      ],
    ],
  ])('a client that can be asked %s sees what is for it', async (_, capabilities, expected) => {
    const names = await eventually('the last reading', async () => {
      const listed = await toolsOf(capabilities);
      const isRight = ['http', 'stdio'].every(
        (upstream) => conditional(listed, upstream).join() === [...expected].sort().join(),
      );
      return isRight && listed;
    });
    expect(conditional(names, 'one')).toEqual([]);
    expect(names).toContain('one__echo');
  });

  test('a client of the stateless revision too, and the two have one list each', async () => {
    const list = async (capabilities: object): Promise<readonly string[]> => {
      const { body } = await postModern(gateway.url, masterKey, 'tools/list', {}, { capabilities });
      return (body.result?.['tools'] as { name: string }[]).map(({ name }) => name);
    };
    expect(conditional(await list({}), 'stdio')).toEqual([]);
    expect(conditional(await list({ sampling: {} }), 'stdio')).toEqual(['trigger-sampling-request']);
  });

  test('who cannot be asked is told what is missing', async () => {
    const { client } = await connectHttp(gateway.url, masterKey);
    await expect(client.callTool({ name: 'http__trigger-sampling-request' })).rejects.toMatchObject({
      code: -32021,
      message: expect.stringContaining('is offered only to clients that declare {"sampling":{}}'),
      data: { requiredCapabilities: { sampling: {} } },
    });
    await client.close();
    const { status, body } = await gateway.request('POST', '/mcp/tools/call', {
      name: 'http__get-roots-list',
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: 'missing_client_capability' } });
  });

  describe.each([
    ['over HTTP', connectHttp],
    ['over HTTP+SSE', connectSse],
  ] as const)('a client of a session %s', (_, connect) => {
    test.each(['http', 'stdio'])('is asked by the official server behind %s', async (upstream) => {
      const { client } = await connect(gateway.url, masterKey, { capabilities: everything });
      client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Ada' } }));
      client.setRequestHandler(CreateMessageRequestSchema, () => ({
        model: 'm',
        role: 'assistant',
        content: { type: 'text', text: 'from the client' },
      }));
      client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: 'file:///home' }] }));
      const elicited = await client.callTool({ name: `${upstream}__trigger-elicitation-request` });
      expect(JSON.stringify(elicited)).toContain('Ada');
      const sampled = await client.callTool({
        name: `${upstream}__trigger-sampling-request`,
        arguments: { prompt: 'Hello', maxTokens: 10 },
      });
      expect(textOf(sampled)).toContain('from the client');
      // It asks for them by itself, a while after the client has come.
      await eventually('its roots', async () =>
        textOf(await client.callTool({ name: `${upstream}__get-roots-list` })).includes('file:///home'),
      );
      await client.close();
    });
  });

  test.each(['http', 'stdio'])(
    'a client of the stateless revision is asked by it behind %s',
    async (upstream) => {
      const client = await connectModern(gateway.url, masterKey, {
        capabilities: everything,
        prepare: (it) => {
          // It asks for them by itself, a while after it was connected to.
          it.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///home' }] }));
          it.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ada' } }));
          it.setRequestHandler('sampling/createMessage', () => ({
            model: 'm',
            role: 'assistant',
            content: { type: 'text', text: 'from the client' },
          }));
        },
      });
      const elicited = await client.callTool({
        name: `${upstream}__trigger-elicitation-request`,
        arguments: {},
      });
      expect(JSON.stringify(elicited)).toContain('Ada');
      const sampled = await client.callTool({
        name: `${upstream}__trigger-sampling-request`,
        arguments: { prompt: 'Hello', maxTokens: 10 },
      });
      expect(textOf(sampled)).toContain('from the client');
      await client.close();
    },
  );
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { filesystemServer, startEverything, type RunningServer } from '../support/everything.js';
import { eventually, startGateway, type RunningGateway } from '../support/gateway.js';
import { connectHttp, connectSse, textOf } from '../support/mcp-clients.js';

/** The seed page's own flow, with real servers, real clients and LiteLLM's form of config.yaml. */
describe('any MCP client, one key, every tool', () => {
  let gateway: RunningGateway;
  let sse: RunningServer;
  let http: RunningServer;
  let files: string;

  beforeAll(async () => {
    files = await mkdtemp(join(tmpdir(), 'toolgate-files-'));
    await writeFile(join(files, 'hello.txt'), 'hello from a file');
    [sse, http] = await Promise.all([startEverything('sse'), startEverything('streamableHttp')]);
    gateway = await startGateway({
      config: `
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: sk-xxxxxxx
mcp_servers:
  zapier_mcp:
    url: "${sse.url}"
  fetch:
    url: "${http.url}"
  files: { transport: stdio, command: ${process.execPath}, args: ["${filesystemServer}", "${files}"] }
`,
    });
    await eventually('all three upstreams are listed', async () => {
      const { body } = await gateway.api('GET', '/mcp/tools/list');
      const servers = new Set(
        (body['tools'] as { mcp_info: { server_name: string } }[]).map((it) => it.mcp_info.server_name),
      );
      return servers.size === 3;
    });
  }, 60_000);

  afterAll(async () => {
    await gateway.stop();
    await Promise.all([sse.kill(), http.kill()]);
    await rm(files, { recursive: true, force: true });
  });

  async function newKey(body: Record<string, unknown> = {}): Promise<{ key: string; keyId: string }> {
    const answer = await gateway.api('POST', '/key/generate', body);
    expect(answer.status).toBe(200);
    return { key: answer.body['key'] as string, keyId: answer.body['token_id'] as string };
  }

  test.each([
    ['HTTP+SSE', connectSse],
    ['Streamable HTTP', connectHttp],
  ] as const)('the official client lists and calls over %s', async (_name, connect) => {
    const { key } = await newKey();
    const { client } = await connect(gateway.url, key);
    try {
      const { tools } = await client.listTools();
      const names = tools.map((tool) => tool.name);
      expect(names).toContain('zapier_mcp__echo');
      expect(names).toContain('fetch__echo');
      expect(names).toContain('files__read_text_file');
      for (const name of ['zapier_mcp__echo', 'fetch__echo']) {
        const echoed = await client.callTool({ name, arguments: { message: 'ünïcode "quoted"' } });
        expect(textOf(echoed)).toBe('Echo: ünïcode "quoted"');
      }
      const read = await client.callTool({
        name: 'files__read_text_file',
        arguments: { path: join(files, 'hello.txt') },
      });
      expect(textOf(read)).toBe('hello from a file');
    } finally {
      await client.close();
    }
  });

  test('LiteLLM’s path /mcp/ opens the event stream', async () => {
    const { key } = await newKey();
    const { client } = await connectSse(gateway.url, key, { path: '/mcp/' });
    const { tools } = await client.listTools();
    expect(tools.length).toBeGreaterThan(10);
    await client.close();
  });

  test('images, structured content, resource links and errors arrive as they were sent', async () => {
    const { key } = await newKey();
    const { client } = await connectHttp(gateway.url, key);
    const image = await client.callTool({ name: 'fetch__get-tiny-image', arguments: {} });
    expect((image['content'] as { type: string }[]).map((block) => block.type)).toContain('image');
    const structured = await client.callTool({
      name: 'fetch__get-structured-content',
      arguments: { location: 'New York' },
    });
    expect(structured['structuredContent']).toEqual(
      expect.objectContaining({ temperature: expect.any(Number) }),
    );
    const failed = await client.callTool({
      name: 'files__read_text_file',
      arguments: { path: '/etc/passwd' },
    });
    expect(failed['isError']).toBe(true);
    await client.close();
  });

  test('progress reaches the client under its own token', async () => {
    const { key } = await newKey();
    const { client } = await connectHttp(gateway.url, key);
    const seen: number[] = [];
    await client.callTool(
      { name: 'fetch__trigger-long-running-operation', arguments: { duration: 1, steps: 4 } },
      undefined,
      { onprogress: ({ progress }) => seen.push(progress) },
    );
    expect(seen).toEqual([1, 2, 3, 4]);
    await client.close();
  });

  test('two keys with different permissions see different tools', async () => {
    const one = await newKey({ object_permission: { mcp_servers: ['files'] } });
    const other = await newKey({ object_permission: { mcp_tool_permissions: { fetch: ['echo'] } } });
    const listed = async (key: string): Promise<string[]> => {
      const { body } = await gateway.api('GET', '/mcp/tools/list', undefined, key);
      return (body['tools'] as { name: string }[]).map((tool) => tool.name);
    };
    const ofOne = await listed(one.key);
    expect(ofOne.every((name) => name.startsWith('files__'))).toBe(true);
    expect(ofOne.length).toBeGreaterThan(5);
    expect(await listed(other.key)).toEqual(['fetch__echo']);

    const { client } = await connectHttp(gateway.url, other.key);
    await expect(
      client.callTool({ name: 'files__list_directory', arguments: { path: files } }),
    ).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining('Unknown tool: files__list_directory'),
    });
    await client.close();
  });

  test('a request narrows itself within its session', async () => {
    const { key } = await newKey();
    const { client, transport } = await connectHttp(gateway.url, key);
    const listed = async (servers: string): Promise<Set<string | undefined>> => {
      const answer = await fetch(`${gateway.url}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          'mcp-session-id': transport.sessionId ?? '',
          'x-mcp-servers': servers,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
      });
      const { result } = (await answer.json()) as { result: { tools: { name: string }[] } };
      return new Set(result.tools.map(({ name }) => name.split('__')[0]));
    };
    expect(await listed('files')).toEqual(new Set(['files']));
    expect(await listed('files, fetch')).toEqual(new Set(['files', 'fetch']));
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('zapier_mcp__echo');
    await client.close();
  });

  test('a blocked key’s open stream ends within a second', async () => {
    const { key, keyId } = await newKey();
    const response = await fetch(`${gateway.url}/sse`, {
      headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream' },
    });
    expect(response.status).toBe(200);
    const blocked = await gateway.api('POST', '/key/block', { key: keyId });
    expect(blocked.status).toBe(200);
    const startedAt = Date.now();
    await response.text();
    expect(Date.now() - startedAt).toBeLessThan(1_000);
    const refused = await gateway.api('GET', '/mcp/tools/list', undefined, key);
    expect(refused.status).toBe(401);
    expect(refused.body.error?.code).toBe('key_blocked');
  });

  test('an upstream killed in mid-call costs its caller 1.5 s at most and the others nothing', async () => {
    const { key } = await newKey();
    const { client } = await connectHttp(gateway.url, key);
    const doomed = client
      .callTool({ name: 'fetch__trigger-long-running-operation', arguments: { duration: 20, steps: 2 } })
      .then(
        () => null,
        (error: unknown) => error,
      );
    await new Promise((resolve) => setTimeout(resolve, 500));
    const killedAt = Date.now();
    await http.kill('SIGKILL');
    const error = (await doomed) as { code: number; data: { category: string; upstream: string } };
    expect(Date.now() - killedAt).toBeLessThan(1_500);
    expect(error.code).toBe(-32603);
    expect(error.data).toMatchObject({ category: 'upstream_unavailable', upstream: 'fetch' });

    const other = await client.callTool({ name: 'zapier_mcp__echo', arguments: { message: 'still here' } });
    expect(textOf(other)).toBe('Echo: still here');
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toContain('fetch__echo');

    http = await startEverything('streamableHttp', http.port);
    const again = await client.callTool({ name: 'fetch__echo', arguments: { message: 'back' } });
    expect(textOf(again)).toBe('Echo: back');
    await client.close();
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { textOf, type ClientOptions, type TestClient } from '../support/clients/client.js';
import { inspector, runInspector } from '../support/clients/inspector.js';
import { connectV1OverHttp, connectV1OverSse } from '../support/clients/sdk-v1.js';
import { connectV2 } from '../support/clients/sdk-v2.js';
import { startKeyProxy, type KeyProxy } from '../support/key-proxy.js';
import { startLab, type McpLab } from '../support/mcp-lab.js';
import { until } from '../support/until.js';
import {
  conformanceStdio,
  startConformanceFixture,
  type RunningUpstream,
} from '../support/upstreams/fixture.js';

/** Every kind of client with every kind of upstream: what MCP has works in each pair. */
const upstreams = ['over_stdio', 'over_sse', 'over_http', 'modern_only'] as const;

const clients = {
  'SDK v1 over HTTP+SSE': (options) => connectV1OverSse({ ...options, url: `${options.url}/sse` }),
  'SDK v1 over Streamable HTTP': (options) => connectV1OverHttp({ ...options, url: `${options.url}/mcp` }),
  'SDK v2, legacy': (options) => connectV2({ ...options, url: `${options.url}/mcp` }, 'legacy'),
  'SDK v2, 2026-07-28': (options) => connectV2({ ...options, url: `${options.url}/mcp` }, 'modern'),
  'Inspector CLI': () => inspector(proxy.url),
} as const satisfies Record<string, (options: ClientOptions) => Promise<TestClient>>;

type Operation = (client: TestClient, upstream: string) => Promise<void>;

const operations: Readonly<Record<string, Operation>> = {
  list: async (client, upstream) => {
    expect(await client.tools()).toEqual(expect.arrayContaining([`${upstream}__test_simple_text`]));
  },
  call: async (client, upstream) => {
    const result = await client.call(`${upstream}__echo`, { message: `grüße ${upstream}` });
    expect(result).toMatchObject({ content: [{ type: 'text', text: `grüße ${upstream}` }] });
  },
  error: async (client, upstream) => {
    const result = await client.call(`${upstream}__test_error_handling`);
    expect(result.isError).toBe(true);
    expect(textOf(result)).toBe('This tool intentionally returns an error for testing');
  },
  image: async (client, upstream) => {
    const { content } = await client.call(`${upstream}__test_image_content`);
    expect(content).toMatchObject([{ type: 'image', mimeType: 'image/png' }]);
    expect(
      Buffer.from(content?.[0]?.data ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  },
  'structured content': async (client, upstream) => {
    const result = await client.call(`${upstream}__add`, { a: 2, b: 40 });
    expect(result.structuredContent).toEqual({ sum: 42 });
  },
  prompt: async (client, upstream) => {
    const { messages } = await client.prompt(`${upstream}__test_simple_prompt`);
    expect(messages).toMatchObject([{ content: { text: 'This is a simple prompt for testing.' } }]);
  },
  resource: async (client, upstream) => {
    const { contents } = await client.resource(`test://of/${upstream}`);
    expect(contents).toMatchObject([{ text: `This is the content of ${upstream}.` }]);
  },
};

/** What needs a connection that stays. */
const longOperations: Readonly<Record<string, Operation>> = {
  progress: async (client, upstream) => {
    const steps: number[] = [];
    const onProgress = (step: number): void => void steps.push(step);
    await client.call(`${upstream}__test_tool_with_progress`, {}, { onProgress });
    expect(steps).toEqual([0, 50, 100]);
  },
  cancel: async (client, upstream) => {
    const cancelled = async (): Promise<number> =>
      Number(textOf(await client.call(`${upstream}__cancelled_calls`)));
    const before = await cancelled();
    const stop = new AbortController();
    const call = client.call(`${upstream}__wait`, { ms: 30_000 }, { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    await expect(call).rejects.toThrow();
    await until(async () => (await cancelled()) === before + 1, 3_000);
  },
};

let lab: McpLab;
let proxy: KeyProxy;
const servers: RunningUpstream[] = [];

beforeAll(async () => {
  const [http, sse, modern] = await Promise.all([
    startConformanceFixture('legacy', { name: 'over_http' }),
    startConformanceFixture('legacy', { name: 'over_sse', transport: 'sse' }),
    startConformanceFixture('modern', { name: 'modern_only' }),
  ]);
  servers.push(http, sse, modern);
  lab = await startLab({
    over_http: { url: http.url.href },
    over_sse: { url: sse.url.href },
    modern_only: { url: modern.url.href },
    over_stdio: conformanceStdio('over_stdio'),
  });
  proxy = await startKeyProxy({ target: `${lab.url}/mcp`, key: lab.key, prefix: 'none__' });
}, 60_000);

afterAll(async () => {
  proxy.close();
  await lab.stop();
  for (const server of servers) await server.kill();
});

describe.each(Object.entries(clients))('%s', (name, connect) => {
  let client: TestClient;

  beforeAll(async () => {
    client = await connect({ url: lab.url, key: lab.key });
  });

  afterAll(() => client.close());

  const possible = name === 'Inspector CLI' ? operations : { ...operations, ...longOperations };
  const pairs = upstreams.flatMap((upstream) =>
    Object.entries(possible).map(([operation, run]) => ({ upstream, operation, run })),
  );
  test.each(pairs)('$upstream: $operation', ({ upstream, run }) => run(client, upstream));
});

test('Inspector CLI as it is started', async () => {
  const call = ['--method', 'tools/call', '--tool-name', 'over_http__add', '--tool-arg', 'a=1', 'b=2'];
  expect(await runInspector(proxy.url, ...call)).toMatchObject({ structuredContent: { sum: 3 } });
});

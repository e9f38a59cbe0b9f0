import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { demoUpstream } from '../../src/config/demo-upstream.js';

const { endpoint } = demoUpstream(1);
if (endpoint.kind !== 'stdio') throw new Error('the demo upstream is a stdio server');
const { command, args } = endpoint;

describe('the built-in demo upstream, with the official client', () => {
  const client = new Client({ name: 'test', version: '1' });

  beforeAll(async () => {
    await client.connect(new StdioClientTransport({ command, args: [...args] }));
  });

  afterAll(() => client.close());

  test('offers four tools, one resource and one prompt', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['add', 'echo', 'now', 'slow']);
    expect((await client.listResources()).resources).toHaveLength(1);
    expect((await client.listPrompts()).prompts).toHaveLength(1);
  });

  test('adds, with structured content', async () => {
    const result = await client.callTool({ name: 'add', arguments: { a: 2, b: 40.5 } });
    expect(result).toMatchObject({
      content: [{ type: 'text', text: '42.5' }],
      structuredContent: { sum: 42.5 },
    });
  });

  test('echoes any text as it is', async () => {
    const text = 'ä "quoted"\n\u2028 \u{1f600}';
    const result = await client.callTool({ name: 'echo', arguments: { text } });
    expect(result.content).toEqual([{ type: 'text', text }]);
  });

  test('tells the time', async () => {
    const result = await client.callTool({ name: 'now', arguments: {} });
    const [content] = result.content as { text: string }[];
    expect(Math.abs(Date.parse(content?.text ?? '') - Date.now())).toBeLessThan(60_000);
  });

  test('reports progress when it is asked to', async () => {
    const steps: number[] = [];
    await client.callTool({ name: 'slow', arguments: { seconds: 0.1, steps: 4 } }, undefined, {
      onprogress: ({ progress, total }) => {
        expect(total).toBe(4);
        steps.push(progress);
      },
    });
    expect(steps).toEqual([1, 2, 3, 4]);
  });

  test('bad arguments are an error of the tool, and the server goes on', async () => {
    const result = await client.callTool({ name: 'add', arguments: { a: 'two', b: 1 } });
    expect(result.isError).toBe(true);
    await client.ping();
  });

  test('reads its resource', async () => {
    const { contents } = await client.readResource({ uri: 'demo://readme' });
    expect(contents[0]).toMatchObject({ uri: 'demo://readme', mimeType: 'text/markdown' });
  });

  test('completes and renders its prompt', async () => {
    const { completion } = await client.complete({
      ref: { type: 'ref/prompt', name: 'greet' },
      argument: { name: 'language', value: 'eng' },
    });
    expect(completion.values).toEqual(['English']);
    const { messages } = await client.getPrompt({
      name: 'greet',
      arguments: { language: 'Deutsch', name: 'Ada' },
    });
    expect(JSON.stringify(messages)).toMatch(/Ada.*Hallo/);
  });
});

const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

/** A conversation by hand, for what a well-behaved client would not show. */
function talk() {
  const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  return {
    child,
    say: (...messages: object[]) => {
      for (const message of messages) child.stdin.write(`${JSON.stringify(message)}\n`);
    },
    heard: () =>
      output
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { id?: number; method?: string }),
  };
}

const call = (id: number, name: string, toolArguments: object) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: toolArguments },
});

test('a cancelled call gets no answer and takes no more time', async () => {
  const { child, say, heard } = talk();
  say(initialize, { jsonrpc: '2.0', method: 'notifications/initialized' });
  say(call(1, 'slow', { seconds: 60 }));
  say({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
  say(call(2, 'echo', { text: 'after' }));
  while (!heard().some(({ id }) => id === 2)) await once(child.stdout, 'data');
  child.stdin.end();
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(heard().map(({ id }) => id)).toEqual([0, 2]);
});

test('without a token there is no progress', async () => {
  const { child, say, heard } = talk();
  say(initialize, { jsonrpc: '2.0', method: 'notifications/initialized' });
  say(call(1, 'slow', { seconds: 0.05, steps: 3 }));
  while (!heard().some(({ id }) => id === 1)) await once(child.stdout, 'data');
  child.stdin.end();
  await once(child, 'exit');
  expect(heard().filter(({ method }) => method !== undefined)).toEqual([]);
});

test('it ends with its input, even in the middle of a call', async () => {
  const { child, say, heard } = talk();
  say(initialize, { jsonrpc: '2.0', method: 'notifications/initialized' });
  while (heard().length === 0) await once(child.stdout, 'data');
  say(call(1, 'slow', { seconds: 300, steps: 1 }));
  child.stdin.end();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

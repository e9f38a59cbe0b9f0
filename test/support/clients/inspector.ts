import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

import type { TestClient, ToolResult } from './client.js';

const require = createRequire(import.meta.url);
const run = promisify(execFile);

/** What the command line of MCP Inspector is made of; it comes without types. */
interface InspectorClient {
  connect(client: Client, transport: Transport): Promise<void>;
  disconnect(transport: Transport): Promise<void>;
  listTools(client: Client): Promise<{ tools: { name: string }[] }>;
  callTool(client: Client, name: string, args: Readonly<Record<string, string>>): Promise<ToolResult>;
  getPrompt(client: Client, name: string): ReturnType<TestClient['prompt']>;
  readResource(client: Client, uri: string): ReturnType<TestClient['resource']>;
}
interface InspectorTransports {
  createTransport(options: { transportType: 'http'; url: string }): Transport;
}

async function load<T>(module: string): Promise<T> {
  const path = require.resolve(`@modelcontextprotocol/inspector-cli/build/${module}.js`);
  return (await import(pathToFileURL(path).href)) as T;
}

/**
 * The command line of MCP Inspector without its process: a connection for each request, no progress, no cancelling.
 * It sends no headers, so `url` is a proxy that adds them.
 */
export async function inspector(url: string): Promise<TestClient> {
  const inspect = await load<InspectorClient>('client/index');
  const transports = await load<InspectorTransports>('transport');
  const ask = async <T>(request: (client: Client) => Promise<T>): Promise<T> => {
    const transport = transports.createTransport({ transportType: 'http', url });
    const client = new Client({ name: 'inspector-cli', version: '0.5.1' });
    try {
      await inspect.connect(client, transport);
      return await request(client);
    } finally {
      await inspect.disconnect(transport);
    }
  };
  return {
    tools: async () => (await ask((client) => inspect.listTools(client))).tools.map(({ name }) => name),
    call: (name, args = {}) => {
      const texts = Object.fromEntries(Object.entries(args).map(([key, value]) => [key, String(value)]));
      return ask((client) => inspect.callTool(client, name, texts));
    },
    prompt: (name) => ask((client) => inspect.getPrompt(client, name)),
    resource: (uri) => ask((client) => inspect.readResource(client, uri)),
    close: () => Promise.resolve(),
  };
}

/** `mcp-inspector --cli URL --transport http ARGS`: what it prints, parsed. */
export async function runInspector(url: string, ...args: readonly string[]): Promise<unknown> {
  const program = require.resolve('@modelcontextprotocol/inspector-cli/build/cli.js');
  const { stdout } = await run(process.execPath, [program, '--cli', url, '--transport', 'http', ...args]);
  return JSON.parse(stdout);
}

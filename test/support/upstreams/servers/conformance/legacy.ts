import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

import { serveAsAsked } from '../serving.js';
import { completions, readResource, resources, resourceTemplates, type Context } from './content.js';
import { missingArgument, prompts } from './prompts.js';
import { tools } from './tools.js';

/** The conformance fixture on SDK v1, revisions 2024-11-05 to 2025-11-25: `stdio`, `http PORT` or `sse PORT`. */
type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** Every conversation under way, so that each hears of a change. */
const open = new Map<McpServer, Set<string>>();

function create(): McpServer {
  const fixture = new McpServer(
    { name: 'conformance-legacy', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        completions: {},
        logging: {},
      },
      instructions: 'For tests.',
    },
  );
  const { server } = fixture;
  const subscriptions = new Set<string>();
  open.set(fixture, subscriptions);
  server.onclose = () => open.delete(fixture);

  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools().map(({ definition }) => definition),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = tools().find(({ definition }) => definition.name === params.name);
    if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
    return tool.run(params.arguments ?? {}, contextOf(fixture, extra));
  });
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: prompts().map(({ definition }) => definition),
  }));
  server.setRequestHandler(GetPromptRequestSchema, async ({ params }, extra) => {
    const prompt = prompts().find(({ definition }) => definition.name === params.name);
    if (prompt === undefined) throw new McpError(ErrorCode.InvalidParams, `Unknown prompt: ${params.name}`);
    const missing = missingArgument(prompt, params.arguments ?? {});
    if (missing !== undefined) throw new McpError(ErrorCode.InvalidParams, `Missing argument: ${missing}`);
    const content = await prompt.run(params.arguments ?? {}, contextOf(fixture, extra));
    return { messages: content.map((block) => ({ role: 'user' as const, content: block })) };
  });
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => {
    const contents = readResource(uri);
    if (contents === null) throw new McpError(-32002, 'Resource not found', { uri });
    return { contents: [contents] };
  });
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscriptions.add(params.uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscriptions.delete(params.uri);
    return {};
  });
  server.setRequestHandler(CompleteRequestSchema, ({ params }) => ({
    completion: completions(params.argument.value),
  }));
  server.setRequestHandler(SetLevelRequestSchema, () => ({}));
  return fixture;
}

function contextOf({ server }: McpServer, extra: Extra): Context {
  return {
    signal: extra.signal,
    clientCapabilities: server.getClientCapabilities() ?? {},
    progress: async (progress, total, message) => {
      const progressToken = extra._meta?.progressToken;
      if (progressToken === undefined) return;
      await extra.sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress, total, ...(message === undefined ? {} : { message }) },
      });
    },
    log: (data) =>
      extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } }),
    ask: async (questions) => {
      const answers = Object.entries(questions).map(async ([key, { method, params }]) => {
        const answer = await extra.sendRequest(
          { method, params } as ServerRequest,
          z.record(z.string(), z.unknown()),
        );
        return [key, answer] as const;
      });
      return Object.fromEntries(await Promise.all(answers));
    },
    require: (capability) => {
      if (server.getClientCapabilities()?.[capability] !== undefined) return;
      throw new McpError(ErrorCode.InvalidRequest, `The client does not support ${capability}.`);
    },
    changed: (what) => {
      for (const [fixture, subscriptions] of open) tell(fixture, subscriptions, what);
    },
    disconnect: () => extra.closeSSEStream?.(),
  };
}

function tell(
  fixture: McpServer,
  subscriptions: ReadonlySet<string>,
  what: Parameters<Context['changed']>[0],
): void {
  if (what === 'tools') fixture.sendToolListChanged();
  else if (what === 'prompts') fixture.sendPromptListChanged();
  else if (subscriptions.has(what.uri)) void fixture.server.sendResourceUpdated({ uri: what.uri });
}

await serveAsAsked(
  (transport) => create().connect(transport),
  () => ({ eventStore: new InMemoryEventStore(), retryInterval: 500 }),
);

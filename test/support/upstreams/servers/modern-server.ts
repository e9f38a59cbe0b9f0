import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  createMcpHandler,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
  McpServer,
  ResourceTemplate,
  type McpHttpHandler,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

/**
 * The well-behaved server of revision 2026-07-28, on the official SDK: `modern-server stdio`, `modern-server http PORT`.
 * A last argument `dual` lets it speak the earlier revisions too. Prints `listening PORT` when it serves.
 */
const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

type Context = ServerContext;

let cancelledCalls = 0;
let requests = 0;
/** Tools that came later: over HTTP each request has a server of its own. */
const grown = new Set<string>();
const states = createRequestStateCodec<{ round: number }>({ key: Buffer.alloc(32, 7) });
let tellAll: McpHttpHandler['notify'] | null = null;
let stdioServer: McpServer | null = null;

function text(value: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: value }] };
}

async function progress(context: Context, step: number, total: number): Promise<void> {
  const progressToken = context.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  const params = { progressToken, progress: step, total, message: `step ${step}` };
  await context.mcpReq.notify({ method: 'notifications/progress', params });
}

const question = {
  type: 'object' as const,
  properties: { name: { type: 'string' as const } },
  required: ['name'],
};

function createFixture(): McpServer {
  const server = new McpServer(
    { name: 'fixture', version: '1.0.0' },
    {
      capabilities: {
        logging: {},
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
      },
      instructions: 'Be gentle.',
      requestState: { verify: (state, context) => states.verify(state, context) },
    },
  );
  registerPlainTools(server);
  registerAskingTools(server);
  for (const name of grown) server.registerTool(name, { description: 'New' }, () => text('new'));
  server.registerPrompt('greet', { argsSchema: z.object({ name: z.string() }) }, ({ name }) => ({
    messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}` } }],
  }));
  server.registerResource('note', 'test://note', { mimeType: 'text/plain' }, (uri) => ({
    contents: [{ uri: uri.href, text: 'A note.' }],
  }));
  server.registerResource(
    'item',
    new ResourceTemplate('test://item/{id}', { list: undefined }),
    {},
    (uri, { id }) => ({
      contents: [{ uri: uri.href, text: String(id) }],
    }),
  );
  return server;
}

function registerPlainTools(server: McpServer): void {
  server.registerTool(
    'echo',
    { description: 'Says it again', inputSchema: z.object({ message: z.string() }) },
    ({ message }) => text(message),
  );
  server.registerTool(
    'add',
    {
      title: 'Sum',
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      outputSchema: z.object({ sum: z.number() }),
      annotations: { readOnlyHint: true },
    },
    ({ a, b }) => ({ ...text(String(a + b)), structuredContent: { sum: a + b } }),
  );
  server.registerTool('image', {}, () => ({
    content: [{ type: 'image', data: pixel, mimeType: 'image/png' }],
  }));
  server.registerTool('fail', {}, () => ({ ...text('It went wrong.'), isError: true }));
  server.registerTool('payload', { inputSchema: z.object({ bytes: z.number() }) }, ({ bytes }) =>
    text('x'.repeat(bytes)),
  );
  server.registerTool('exit', {}, () => process.exit(1));
  server.registerTool('pid', {}, () => text(String(process.pid)));
  server.registerTool('requests', {}, () => text(String(requests)));
  server.registerTool('cancelled_calls', {}, () => text(String(cancelledCalls)));
  server.registerTool('envelope', {}, (context) => text(JSON.stringify(context.mcpReq.envelope)));
  server.registerTool('headers', {}, (context) =>
    text(JSON.stringify(Object.fromEntries(context.http?.req?.headers ?? []))),
  );
  server.registerTool(
    'steps',
    { inputSchema: z.object({ count: z.number(), ms: z.number().default(0) }) },
    async ({ count, ms }, context) => {
      for (let step = 1; step <= count; step++) {
        if (ms > 0) await sleep(ms);
        await progress(context, step, count);
      }
      return text('done');
    },
  );
  server.registerTool('sleep', { inputSchema: z.object({ ms: z.number() }) }, async ({ ms }, context) => {
    const { signal } = context.mcpReq;
    signal.addEventListener('abort', () => cancelledCalls++);
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    return text('slept');
  });
  server.registerTool(
    'log',
    { inputSchema: z.object({ message: z.string() }) },
    async ({ message }, context) => {
      // What `mcpReq.log` does, which is deprecated: nothing goes to a request that did not ask for it.
      const { envelope = {} } = context.mcpReq;
      const isWanted = 'io.modelcontextprotocol/logLevel' in envelope;
      const params = { level: 'info' as const, data: message };
      if (isWanted) await context.mcpReq.notify({ method: 'notifications/message', params });
      return text('logged');
    },
  );
  server.registerTool('grow', { inputSchema: z.object({ name: z.string() }) }, ({ name }) => {
    grown.add(name);
    stdioServer?.registerTool(name, { description: 'New' }, () => text('new'));
    tellAll?.toolsChanged();
    return text('grown');
  });
  server.registerTool('touch', { inputSchema: z.object({ uri: z.string() }) }, async ({ uri }) => {
    await stdioServer?.server.sendResourceUpdated({ uri });
    tellAll?.resourceUpdated(uri);
    return text('touched');
  });
  server.registerTool(
    'region',
    {
      inputSchema: z.object({
        region: z.string().meta({ 'x-mcp-header': 'Region' }),
        options: z.object({ fast: z.boolean().optional().meta({ 'x-mcp-header': 'Fast' }) }).optional(),
      }),
    },
    (_, context) => {
      const { headers } = context.http?.req ?? {};
      return text(
        JSON.stringify([headers?.get('mcp-param-region') ?? null, headers?.get('mcp-param-fast') ?? null]),
      );
    },
  );
}

/** Tools that want to know something first. What they were told is their result. */
function registerAskingTools(server: McpServer): void {
  const told = (context: Context): ReturnType<typeof text> =>
    text(JSON.stringify(context.mcpReq.inputResponses));
  const has = (context: Context, key: string): boolean =>
    inputResponse(context.mcpReq.inputResponses, key).kind !== 'missing';

  server.registerTool('ask_client', {}, async (context) => {
    if (has(context, 'who')) return text(JSON.stringify(context.mcpReq.inputResponses?.['who']));
    return inputRequired({
      inputRequests: { who: inputRequired.elicit({ message: 'Who?', requestedSchema: question }) },
      requestState: await states.mint({ round: 1 }),
    });
  });
  server.registerTool('ask_model', {}, (context) => {
    if (has(context, 'model')) return told(context);
    const messages = [
      { role: 'user' as const, content: { type: 'text' as const, text: 'Capital of France?' } },
    ];
    return inputRequired({
      inputRequests: { model: inputRequired.createMessage({ messages, maxTokens: 10 }) },
    });
  });
  server.registerTool('ask_roots', {}, (context) =>
    has(context, 'roots')
      ? told(context)
      : inputRequired({ inputRequests: { roots: inputRequired.listRoots() } }),
  );
  server.registerTool('ask_url', {}, (context) =>
    has(context, 'url')
      ? told(context)
      : inputRequired({
          inputRequests: {
            url: inputRequired.elicitUrl({ message: 'Log in', url: 'https://example.com/login' }),
          },
        }),
  );
  server.registerTool('ask_thrice', {}, async (context) => {
    const { round } = context.mcpReq.requestState<{ round: number }>() ?? { round: 0 };
    if (round === 3) return told(context);
    const message = `Round ${round + 1}?`;
    return inputRequired({
      inputRequests: { [`round-${round + 1}`]: inputRequired.elicit({ message, requestedSchema: question }) },
      requestState: await states.mint({ round: round + 1 }),
    });
  });
  server.registerTool('wait_twice', {}, async (context) => {
    const { round } = context.mcpReq.requestState<{ round: number }>() ?? { round: 0 };
    return round === 2
      ? text('waited')
      : inputRequired({ requestState: await states.mint({ round: round + 1 }) });
  });
  server.registerPrompt('ask', {}, (context: Context) =>
    has(context, 'who')
      ? {
          messages: [
            { role: 'user', content: { type: 'text', text: JSON.stringify(context.mcpReq.inputResponses) } },
          ],
        }
      : inputRequired({
          inputRequests: { who: inputRequired.elicit({ message: 'Who?', requestedSchema: question }) },
        }),
  );
}

async function toRequest(request: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value));
  const body = request.method === 'POST' ? { body: Buffer.concat(chunks) } : {};
  return new Request(`http://127.0.0.1${request.url ?? '/'}`, {
    method: request.method ?? 'GET',
    headers,
    signal,
    ...body,
  });
}

function serveHttp(isDual: boolean): Server {
  const handler = createMcpHandler(createFixture, { legacy: isDual ? 'stateless' : 'reject' });
  tellAll = handler.notify;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests++;
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const answer = await handler.fetch(await toRequest(request, gone.signal));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    for await (const chunk of answer.body ?? []) response.write(chunk);
    response.end();
  };
  return createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
}

const [mode = 'stdio', ...rest] = process.argv.slice(2);
const isDual = rest.includes('dual');
if (mode === 'stdio') {
  const create = (): McpServer => (stdioServer = createFixture());
  serveStdio(create, { legacy: isDual ? 'serve' : 'reject' });
} else {
  const [port = '0'] = rest;
  const server = serveHttp(isDual);
  server.listen(Number(port), '127.0.0.1', () => {
    const address = server.address();
    console.log(`listening ${typeof address === 'object' && address !== null ? address.port : port}`);
  });
}

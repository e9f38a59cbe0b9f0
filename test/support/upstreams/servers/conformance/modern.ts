import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import {
  CLIENT_CAPABILITIES_META_KEY,
  createMcpHandler,
  createRequestStateCodec,
  inputRequired,
  LOG_LEVEL_META_KEY,
  McpServer,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type InputRequests,
  type InputRequiredResult,
  type ServerContext,
} from '@modelcontextprotocol/server';

import { listen } from '../serving.js';
import {
  completions,
  readResource,
  resources,
  resourceTemplates,
  type Context,
  type Json,
  type Question,
} from './content.js';
import { missingArgument, prompts } from './prompts.js';
import { tools } from './tools.js';

/** The conformance fixture on SDK v2, revision 2026-07-28 and nothing older: `modern PORT`. */
type Answers = Readonly<Record<string, Json>>;

const states = createRequestStateCodec<{ answers: Answers; round: number }>({ key: randomBytes(32) });

/** Thrown by a run that cannot go on without the client; the retry runs it anew, with the answers. */
class NeedsInput extends Error {
  constructor(readonly questions: Readonly<Record<string, Question>>) {
    super('input required');
  }
}

function create(): McpServer {
  const fixture = new McpServer(
    { name: 'conformance-modern', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        completions: {},
        logging: {},
      },
      instructions: 'For tests.',
      requestState: { verify: (state, context) => states.verify(state, context) },
    },
  );
  const { server } = fixture;
  server.setRequestHandler('tools/list', () => ({ tools: tools().map(({ definition }) => definition) }));
  server.setRequestHandler('tools/call', ({ params }, context) => {
    const tool = tools().find(({ definition }) => definition.name === params.name);
    if (tool === undefined) throw invalid(`Unknown tool: ${params.name}`);
    return asking(context, (it) => tool.run(params.arguments ?? {}, it));
  });
  server.setRequestHandler('prompts/list', () => ({
    prompts: prompts().map(({ definition }) => definition),
  }));
  server.setRequestHandler('prompts/get', ({ params }, context) => {
    const prompt = prompts().find(({ definition }) => definition.name === params.name);
    if (prompt === undefined) throw invalid(`Unknown prompt: ${params.name}`);
    const missing = missingArgument(prompt, params.arguments ?? {});
    if (missing !== undefined) throw invalid(`Missing argument: ${missing}`);
    return asking(context, async (it) => {
      const content = await prompt.run(params.arguments ?? {}, it);
      return { messages: content.map((block) => ({ role: 'user' as const, content: block })) };
    });
  });
  server.setRequestHandler('resources/list', () => ({ resources }));
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates }));
  server.setRequestHandler('resources/read', ({ params: { uri } }) => {
    const contents = readResource(uri);
    if (contents === null) throw new ResourceNotFoundError(uri);
    return { contents: [contents] };
  });
  server.setRequestHandler('completion/complete', ({ params }) => ({
    completion: completions(params.argument.value),
  }));
  return fixture;
}

const invalid = (message: string): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, message);

/** Runs it with what the client has answered so far, or hands its questions on. */
async function asking<T>(
  context: ServerContext,
  run: (context: Context) => T | Promise<T>,
): Promise<T | InputRequiredResult> {
  const { mcpReq } = context;
  const state = mcpReq.requestState<{ answers: Answers; round: number }>();
  const answers = { ...state?.answers, ...(mcpReq.inputResponses as Answers | undefined) };
  try {
    return await run(contextOf(context, answers));
  } catch (error) {
    if (!(error instanceof NeedsInput)) throw error;
    const requestState = await states.mint({ answers, round: (state?.round ?? 0) + 1 });
    return inputRequired({ inputRequests: error.questions as unknown as InputRequests, requestState });
  }
}

function contextOf({ mcpReq }: ServerContext, answers: Answers): Context {
  const envelope = (mcpReq.envelope ?? {}) as Json;
  const clientCapabilities = (envelope[CLIENT_CAPABILITIES_META_KEY] ?? {}) as Json;
  return {
    signal: mcpReq.signal,
    clientCapabilities,
    progress: async (progress, total, message) => {
      const progressToken = mcpReq._meta?.progressToken;
      if (progressToken === undefined) return;
      await mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken, progress, total, ...(message === undefined ? {} : { message }) },
      });
    },
    log: async (data) => {
      // Without a level nothing may be logged (SEP-2575).
      if (envelope[LOG_LEVEL_META_KEY] === undefined) return;
      await mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } });
    },
    ask: (questions) => {
      const keys = Object.keys(questions);
      const given = keys.flatMap((key) => (answers[key] === undefined ? [] : [[key, answers[key]] as const]));
      return given.length === keys.length
        ? Promise.resolve(Object.fromEntries(given))
        : Promise.reject(new NeedsInput(questions));
    },
    require: (capability) => {
      if (clientCapabilities[capability] !== undefined) return;
      throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { [capability]: {} } });
    },
    changed: (what) => {
      if (what === 'tools') handler.notify.toolsChanged();
      else if (what === 'prompts') handler.notify.promptsChanged();
      else handler.notify.resourceUpdated(what.uri);
    },
    disconnect: () => undefined,
  };
}

const handler = createMcpHandler(create, { legacy: 'reject' });

/** `node:http` to the handler's fetch and back; a client that goes away aborts the request. */
async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value));
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  const answer = await handler.fetch(
    new Request(`http://${request.headers.host ?? 'localhost'}${request.url ?? '/'}`, {
      method: request.method ?? 'GET',
      headers,
      signal: gone.signal,
      ...(hasBody ? { body: Readable.toWeb(request), duplex: 'half' } : {}),
    }),
  );
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.flushHeaders();
  if (answer.body === null) response.end();
  else await pipeline(Readable.fromWeb(answer.body), response).catch(() => undefined);
}

listen(handle);

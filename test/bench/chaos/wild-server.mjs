/**
 * MCP servers that are well until they are told otherwise: `fork('wild-server.mjs', ['--port', '9200'])`, then messages
 * `{ upstream, mood }`, a null mood being well. Each has an address of its own, /NAME/mcp (Streamable HTTP) and /NAME/sse.
 */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { parseArgs } from 'node:util';
import { answerText, moods } from './moods.mjs';

const { values: options } = parseArgs({ options: { port: { type: 'string' } } });

const STORM_MS = 5;
const STORM_MESSAGES = 20;
const listChanged = 'data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n';
const tool = { name: 'ok', inputSchema: { type: 'object' } };

const moodOf = new Map();
/** Streams to write to: `{ upstream, response }` by session. */
const streams = new Map();

function resultOf({ method, params }) {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: { listChanged: true } },
        serverInfo: { name: 'wild', version: '1.0.0' },
      };
    case 'tools/list':
      return { tools: [tool] };
    default:
      return {};
  }
}

const answerOf = (message) =>
  message.method === 'tools/call'
    ? answerText(message.id)
    : JSON.stringify({ jsonrpc: '2.0', id: message.id, result: resultOf(message) });

function openStream(upstream, response, session, firstEvent) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(firstEvent);
  streams.set(session, { upstream, response });
  response.on('close', () => streams.delete(session));
}

function streamableHttp({ upstream, request, response, message }) {
  if (request.method === 'GET') {
    openStream(upstream, response, request.headers['mcp-session-id'] ?? randomUUID(), ': open\n\n');
  } else if (request.method === 'DELETE') response.writeHead(200).end();
  else if (message.id === undefined) response.writeHead(202).end();
  else {
    const session = message.method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {};
    response.writeHead(200, { 'content-type': 'application/json', ...session }).end(answerOf(message));
  }
}

/** HTTP+SSE: the stream, and its messages. */
function openSse({ upstream, response }) {
  const session = randomUUID();
  openStream(upstream, response, session, `event: endpoint\ndata: /${upstream}/messages?id=${session}\n\n`);
}

function ssePost({ query, response, message }) {
  const stream = streams.get(query.get('id'));
  if (stream === undefined) return response.writeHead(404).end();
  response.writeHead(202).end('Accepted');
  if (message.id !== undefined) stream.response.write(`event: message\ndata: ${answerOf(message)}\n\n`);
  return undefined;
}

const routes = { mcp: streamableHttp, sse: openSse, messages: ssePost };

async function handle(request, response) {
  const { pathname, searchParams: query } = new URL(request.url, 'http://wild');
  const [, upstream, route] = pathname.split('/');
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const message = chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString());
  const exchange = { upstream, query, request, response, message };
  const mood = moods[moodOf.get(upstream)];
  if (mood?.(exchange) !== true) routes[route](exchange);
}

setInterval(() => {
  for (const { upstream, response } of streams.values())
    if (moodOf.get(upstream) === 'list_storm') response.write(listChanged.repeat(STORM_MESSAGES));
}, STORM_MS);

process.on('message', ({ upstream, mood }) => {
  moodOf.set(upstream, mood);
  for (const stream of streams.values()) {
    if (stream.upstream !== upstream) continue;
    if (mood === 'reset') stream.response.socket.resetAndDestroy();
    else if (mood === null || mood === 'endless_pages') stream.response.write(listChanged);
  }
});
process.on('disconnect', () => process.exit(0));

http
  .createServer((request, response) => {
    response.on('error', () => undefined);
    handle(request, response).catch(() => response.destroy());
  })
  .on('clientError', (_error, socket) => socket.destroy())
  .listen(Number(options.port), '127.0.0.1', () => process.send('listening'));

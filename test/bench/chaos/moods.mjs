/**
 * What can be wrong with an MCP server over HTTP. Each mood takes the exchange, `{ request, response, message }`, in the
 * place of the server; it answers true when it has taken it over.
 */
import { gzipSync } from 'node:zlib';

const MiB = 2 ** 20;
const FLOOD_BYTES = 64 * MiB;
const SLOW_MS = 3_000;
const json = { 'content-type': 'application/json' };
const events = { 'content-type': 'text/event-stream' };

const bomb = gzipSync(Buffer.alloc(FLOOD_BYTES, ' '));

export const answerText = (id, text = 'ok') =>
  JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });

const always = (take) => (exchange) => {
  take(exchange);
  return true;
};
const onCall = (take) => (exchange) => {
  if (exchange.message?.method !== 'tools/call') return false;
  take(exchange);
  return true;
};

const status = (code, type = 'text/plain') =>
  always(({ response }) =>
    response.writeHead(code, { 'content-type': type, 'retry-after': '1' }).end('internals of the server'),
  );

/** Sends filler until the other side has had enough. */
function flood(response, start) {
  const filler = Buffer.alloc(64 * 1024, 'x');
  let left = FLOOD_BYTES;
  response.writeHead(200, events).write(start);
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= filler.length;
      if (!response.write(filler)) {
        response.once('drain', more);
        return;
      }
    }
    if (!response.destroyed) response.end();
  };
  more();
}

function drip({ response, message }) {
  const bytes = Buffer.from(answerText(message.id));
  response.writeHead(200, json);
  let at = 0;
  const timer = setInterval(() => {
    if (at < bytes.length && !response.destroyed) response.write(bytes.subarray(at, ++at));
    else {
      clearInterval(timer);
      response.end();
    }
  }, 5);
}

let page = 0;

export const moods = {
  silent: always(() => undefined),
  reset: always(({ request }) => request.socket.resetAndDestroy()),
  slow: onCall(({ response, message }) => {
    setTimeout(() => response.writeHead(200, json).end(answerText(message.id)), SLOW_MS).unref();
  }),
  drip: onCall(drip),
  garbage: always(({ response }) => response.writeHead(200, json).end('{"jsonrpc":"2.0", no json at all')),
  half_event: onCall(({ response, message }) =>
    response.writeHead(200, events).end(`data: ${answerText(message.id).slice(0, 30)}`),
  ),
  wrong_id: onCall(({ response, message }) =>
    response.writeHead(200, json).end(answerText(message.id + 1_000)),
  ),
  http_500: status(500),
  http_503: status(503),
  http_429: status(429),
  http_401: status(401),
  http_403: status(403),
  http_404: status(404),
  html: always(({ response }) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>'),
  ),
  big_event: onCall(({ response }) => flood(response, 'data: {"jsonrpc":"2.0","result":"')),
  gzip_bomb: onCall(({ response }) =>
    response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(bomb),
  ),
  endless_pages: ({ response, message }) => {
    if (message?.method !== 'tools/list') return false;
    const tools = Array.from({ length: 100 }, (_, i) => ({
      name: `page${page}_${i}`,
      inputSchema: { type: 'object' },
    }));
    const result = { tools, nextCursor: String(++page) };
    response.writeHead(200, json).end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
    return true;
  },
  /** The server itself is well; it is what it says on its stream, see `wild-server.mjs`. */
  list_storm: () => false,
};

/**
 * The MCP server behind everything that is measured: raw sockets, hand-written wire code, so that it is never the
 * bottleneck. `node parts/upstream.mjs --port 9100`
 *
 * /t<N>/mcp       Streamable HTTP and stateless, JSON answers (progress as a stream); N = tools listed
 * /t<N>/mcps      the same, every answer a stream
 * /t<N>/sse       HTTP+SSE of 2024-11-05, with /t<N>/messages
 * /t<N>/rest/...  call and list without MCP, for what proxies are measured by
 * /u<K>/t<N>/...  the same again under another address, so that K upstreams are as easily had as one
 * /v1/chat/completions   the mock provider
 */
import net from 'node:net';
import { parseArgs } from 'node:util';
import { Http1Parser } from '../wire/http1.mjs';
import { callTool, dispatch, toolList } from './protocol.mjs';
import { complete } from './provider.mjs';
import { LAST_CHUNK, chunk, head, sendEvent, sendJson, streamHead } from './replies.mjs';

const { values: options } = parseArgs({ options: { port: { type: 'string', default: '9100' } } });

const address = /^(\/u\d+)?\/t(\d+)(\/[a-z/]+)(?:\?(.*))?$/;
const sseStreams = new Map();
let sessions = 0;

const notFound = (socket) => socket.write(head('404 Not Found', '', 0));

function streamableHttp(socket, request) {
  if (request.method === 'GET') return socket.write(streamHead('') + chunk(': open\n\n'));
  if (request.method === 'DELETE') return socket.write(head('200 OK', '', 0));
  const message = JSON.parse(request.body);
  if (message.id === undefined || message.method === undefined)
    return socket.write(head('202 Accepted', '', 0));
  let sessionHeader = '';
  if (message.method === 'initialize') {
    sessions += 1;
    sessionHeader = `Mcp-Session-Id: s${sessions}\r\n`;
  }
  const reportsProgress = message.method === 'tools/call' && message.params?.name === 'progress';
  if (request.path === '/mcp' && !reportsProgress) {
    return dispatch(message, request.toolCount, (start, result) =>
      sendJson(socket, start, sessionHeader, result),
    );
  }
  let isOpen = false;
  const opening = () => {
    if (isOpen) return '';
    isOpen = true;
    return streamHead(sessionHeader);
  };
  return dispatch(
    message,
    request.toolCount,
    (start, result) => sendEvent(socket, start, result, opening(), LAST_CHUNK),
    (notification) => sendEvent(socket, notification, undefined, opening()),
  );
}

function openSseStream(socket, request) {
  sessions += 1;
  const id = `q${sessions}`;
  sseStreams.set(id, socket);
  socket.once('close', () => sseStreams.delete(id));
  const endpoint = `${request.prefix}/t${request.toolCount}/messages?sessionId=${id}`;
  socket.write(streamHead('') + chunk(`event: endpoint\ndata: ${endpoint}\n\n`));
}

function ssePost(socket, request) {
  const stream = sseStreams.get(/sessionId=([^&]+)/.exec(request.query)?.[1]);
  if (stream === undefined) return notFound(socket);
  socket.write('HTTP/1.1 202 Accepted\r\nContent-Length: 8\r\n\r\nAccepted');
  const message = JSON.parse(request.body);
  if (message.id === undefined || message.method === undefined) return undefined;
  const emit = (start, result) => sendEvent(stream, start, result);
  return dispatch(message, request.toolCount, emit, emit);
}

const routes = {
  '/mcp': streamableHttp,
  '/mcps': streamableHttp,
  '/sse': openSseStream,
  '/messages': ssePost,
  '/rest/call': (socket, request) =>
    callTool(
      JSON.parse(request.body),
      (result) => sendJson(socket, result),
      () => undefined,
    ),
  '/rest/list': (socket, request) => sendJson(socket, toolList(request.toolCount)),
};

function handle(socket, startLine, body) {
  const [method, url] = startLine.split(' ', 2);
  if (url === '/v1/chat/completions') return complete(socket, JSON.parse(body));
  const match = address.exec(url);
  const route = match && routes[match[3]];
  if (!route) return notFound(socket);
  const [, prefix = '', toolCount, path, query = ''] = match;
  return route(socket, { method, prefix, toolCount: Number(toolCount), path, query, body });
}

const server = net.createServer({ noDelay: true }, (socket) => {
  let startLine = '';
  let parts = [];
  const parser = new Http1Parser('request', {
    onHead: (start, headers) => {
      startLine = start;
      if (/\r\nexpect: *100/i.test(headers)) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    },
    onBody: (bytes) => parts.push(bytes),
    onEnd: () => {
      const body = parts.length === 1 ? parts[0].toString() : Buffer.concat(parts).toString();
      parts = [];
      try {
        handle(socket, startLine, body);
      } catch (error) {
        const text = String(error);
        socket.write(head('400 Bad Request', '', Buffer.byteLength(text)) + text);
      }
    },
  });
  socket.on('data', (bytes) => parser.push(bytes));
  socket.on('error', () => undefined);
});
server.listen(Number(options.port), '127.0.0.1', 4096);

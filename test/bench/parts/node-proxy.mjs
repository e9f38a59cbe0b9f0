/**
 * nodeproxy: what the gateway is measured against. A plain node:http reverse proxy with keep-alive connections; it
 * knows no MCP, no keys and no permissions. `node parts/node-proxy.mjs --port 9201 --upstream http://127.0.0.1:9100`
 */
import http from 'node:http';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { port: { type: 'string' }, upstream: { type: 'string' } },
});
const upstream = new URL(options.upstream);
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, noDelay: true });

const server = http.createServer((request, response) => {
  const { method, url, headers } = request;
  const forwarded = http.request(
    { agent, host: upstream.hostname, port: upstream.port, method, path: url, headers },
    (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      if (/event-stream/.test(answer.headers['content-type'])) response.flushHeaders();
      answer.pipe(response);
    },
  );
  forwarded.on('error', () => {
    if (!response.headersSent) response.writeHead(502);
    response.end();
  });
  response.on('close', () => {
    if (!response.writableFinished) forwarded.destroy();
  });
  request.pipe(forwarded);
});
server.listen(Number(options.port), '127.0.0.1', 4096);

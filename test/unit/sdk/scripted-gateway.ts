import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface Scripted {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string goes out as it is, anything else as JSON; `null` never answers. */
  readonly body: unknown;
}

/** An HTTP server that says what it is told to, so that the client's side can be held against every answer. */
export async function startScripted(answer: (asked: Asked) => Scripted) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void text(request).then((written) => {
      const { method = '', url = '', headers } = request;
      const it = {
        method,
        path: url,
        headers,
        body: written === '' ? undefined : (JSON.parse(written) as unknown),
      };
      asked.push(it);
      const { status = 200, headers: sent = {}, body } = answer(it);
      if (body === null) return;
      response.writeHead(status, { 'content-type': 'application/json', ...sent });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    stop: async (): Promise<void> => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

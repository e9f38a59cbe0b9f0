import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';

/**
 * For clients that can neither send headers nor be told of prefixes: adds a virtual key to each request, and takes an
 * upstream's name from the names in each answer. The rest stays as it is.
 */
export interface KeyProxy {
  readonly url: string;
  close(): void;
}

export interface KeyProxyOptions {
  /** The address that every request goes to, whatever path it came on. */
  readonly target: string;
  readonly key: string;
  /** `upstream__` */
  readonly prefix: string;
}

export async function startKeyProxy({ target, key, prefix }: KeyProxyOptions): Promise<KeyProxy> {
  const server = createServer((request, response) => {
    const headers = { ...request.headers, authorization: `Bearer ${key}` };
    const forwarded = send(target, { method: request.method ?? 'GET', headers }, (answer) => {
      delete answer.headers['content-length'];
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(replacing(`"name":"${prefix}`, '"name":"')).pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    request.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Replaces a text wherever it stands, also across chunks; what cannot be the beginning of it goes on at once. */
function replacing(text: string, replacement: string): Transform {
  let held = '';
  return new Transform({
    transform(chunk: Buffer, _, done) {
      // Bytes as characters: a chunk may end within one of UTF-8.
      const received = (held + chunk.toString('latin1')).replaceAll(text, replacement);
      let keep = Math.min(text.length - 1, received.length);
      while (keep > 0 && !text.startsWith(received.slice(-keep))) keep--;
      held = received.slice(received.length - keep);
      done(null, Buffer.from(received.slice(0, received.length - keep), 'latin1'));
    },
    flush(done) {
      done(null, Buffer.from(held, 'latin1'));
    },
  });
}

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { afterEach, describe, expect, test } from '@jest/globals';

import { HttpPool } from '../../src/http-client/http-pool.js';
import { askOverTls } from '../support/upstreams/ask-over-tls.js';
import { PoolRequest } from '../support/upstreams/pool-client.js';
import {
  RawServer,
  rawReply,
  type RawExchange,
  type RawScript,
  type RawServerOptions,
} from '../support/upstreams/raw-server.js';
import { until } from '../support/upstreams/registry.js';
import { tlsIdentity } from '../support/upstreams/tls-identity.js';

const MiB = 1024 * 1024;
const run = promisify(execFile);
const echo: RawScript = ({ socket, body }) => socket.write(rawReply(body));

let server: RawServer;
let pool: HttpPool;

async function start(script: RawScript, options: RawServerOptions = {}): Promise<void> {
  server = await RawServer.start(script, options);
  pool = new HttpPool({ url: server.url, connectTimeoutMs: 2_000 });
}

const post = (body: string, headers?: readonly string[], path?: string): PoolRequest =>
  PoolRequest.post(pool, body, headers, path);
const ask = async (body: string): Promise<string> => (await post(body).reply).body;
/** On which connection each request came. */
const connections = (): number[] => server.exchanges.map(({ connection }) => connection);

afterEach(async () => {
  pool.destroy();
  await until('all sockets to be closed', () => server.openSockets === 0);
  await server.close();
});

describe('a socket is used again', () => {
  test('for the next request, and another only while all are taken', async () => {
    await start(echo);
    for (const body of ['1', '2', '3']) expect(await ask(body)).toBe(body);
    expect(connections()).toEqual([1, 1, 1]);
    expect(await Promise.all([ask('4'), ask('5')])).toEqual(['4', '5']);
    expect(await Promise.all([ask('6'), ask('7')])).toEqual(['6', '7']);
    expect(server.connections).toBe(2);
  });

  test('after a request that was given up before it was sent', async () => {
    await start(echo);
    post('never').abandon();
    await until('the socket', () => server.openSockets === 1);
    expect(await ask('1')).toBe('1');
    expect(server.exchanges.map(({ body }) => body)).toEqual(['1']);
  });
});

describe('a socket is not used again', () => {
  const withHeader =
    (header: string): RawScript =>
    ({ socket, body }) =>
      socket.write(rawReply(body, header));
  const surplus =
    (bytes: string): RawScript =>
    ({ socket, body }) =>
      socket.write(rawReply(body) + bytes);

  test.each<[string, RawScript]>([
    ['connection: close', withHeader('connection: close\r\n')],
    ['a peer that keeps it for no time', withHeader('keep-alive: timeout=0\r\n')],
    ['a peer that keeps it for a second, which may be over already', withHeader('keep-alive: timeout=1\r\n')],
    ['a reply behind the reply', surplus(rawReply('of nobody'))],
    ['a line break behind the reply', surplus('\r\n')],
    ['one byte behind the reply', surplus('x')],
    ['HTTP/1.0', ({ socket, body }) => socket.write(rawReply(body).replace('HTTP/1.1', 'HTTP/1.0'))],
    ['a reply until the end', ({ socket, body }) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${body}`)],
  ])('after %s', async (_, script) => {
    await start(script);
    expect(await ask('1')).toBe('1');
    expect(await ask('2')).toBe('2');
    expect(connections()).toEqual([1, 2]);
  });

  test('when bytes came while it was idle: they are no answer to the next request', async () => {
    await start(echo);
    expect(await ask('1')).toBe('1');
    for (const socket of server.sockets) socket.write(rawReply('of nobody'));
    await until('the socket to be thrown away', () => server.openSockets === 0);
    expect(await ask('2')).toBe('2');
    expect(connections()).toEqual([1, 2]);
  });

  test('when the peer closed it while it was idle', async () => {
    await start(({ socket, body }) => socket.end(rawReply(body)));
    for (const body of ['1', '2']) {
      expect(await ask(body)).toBe(body);
      await until('the socket to be closed', () => server.openSockets === 0);
    }
  });

  test('when what came was no answer to the request: the right one may come behind it', async () => {
    await start(echo);
    const request = post('1');
    request.isRight = () => false;
    await request.reply;
    await ask('2');
    expect(connections()).toEqual([1, 2]);
  });

  test('when the reply came before the request was read', async () => {
    let isFirst = true;
    await start(echo, {
      onConnection: (socket) => {
        if (isFirst) {
          isFirst = false;
          socket.pause().write(rawReply('too early'));
        } else socket.once('data', () => socket.write(rawReply('in time')));
      },
    });
    expect(await ask('x'.repeat(16 * MiB))).toBe('too early');
    expect(await ask('1')).toBe('in time');
    expect(server.connections).toBe(2);
    for (const socket of server.sockets) socket.resume();
  });

  test('when it has been idle for as long as the peer said', async () => {
    await start(withHeader('keep-alive: timeout=2\r\n'));
    await ask('1');
    await ask('2');
    expect(connections()).toEqual([1, 1]);
    await until('the idle socket to be closed', () => server.openSockets === 0);
  });
});

describe('a reply that does not come whole is an error', () => {
  const chunkedHead = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  const cut =
    (text: string): RawScript =>
    ({ socket }) =>
      socket.end(text);

  test.each<[string, RawScript, string]>([
    ['no reply', cut(''), 'HTTP_CLOSED'],
    ['half a head', cut('HTTP/1.1 200 OK\r\ncontent-le'), 'HTTP_CLOSED'],
    ['half a body', cut('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'), 'HTTP_CLOSED'],
    ['half a chunk', cut(`${chunkedHead}9\r\nhalf`), 'HTTP_CLOSED'],
    ['no last chunk', cut(`${chunkedHead}4\r\nhalf\r\n`), 'HTTP_CLOSED'],
    ['an interim reply alone', cut('HTTP/1.1 100 Continue\r\n\r\n'), 'HTTP_CLOSED'],
    ['no HTTP, and an open connection', ({ socket }) => socket.write('SSH-2.0-x\r\n'), 'HTTP_MALFORMED'],
    ['a broken chunk', ({ socket }) => socket.write(`${chunkedHead}-1\r\n`), 'HTTP_MALFORMED'],
    [
      'a reset within a body that goes until the end',
      ({ socket }) =>
        socket.write('HTTP/1.1 200 OK\r\n\r\nhalf', () => setTimeout(() => socket.resetAndDestroy(), 20)),
      'ECONNRESET',
    ],
  ])('%s', async (_, script, code) => {
    await start(script);
    const request = post('1');
    await expect(request.reply).rejects.toMatchObject({ code });
    expect(request.ends).toBe(1);
  });

  test('a request on a socket that the peer closes just then is not sent again: it may have run', async () => {
    await start((exchange) => (exchange.turn === 1 ? echo(exchange) : exchange.socket.destroy()));
    await ask('1');
    await expect(ask('2')).rejects.toMatchObject({
      code: expect.stringMatching(/HTTP_CLOSED|ECONNRESET|EPIPE/),
    });
    expect(server.exchanges.map(({ body }) => body)).toEqual(['1', '2']);
  });
});

describe('a request', () => {
  test('is written as it is meant, in one encoding for its head and another for its body', async () => {
    await start(echo);
    const texts = ['plain', 'grüße 🎉', ''];
    const headerLists = [['x-a', 'b'], ['x-a', 'gr\xfc\xdfe'], []];
    for (const text of texts) {
      for (const headers of headerLists) {
        expect(await post(text, headers, '/mcp?q=1').reply).toEqual({ status: 200, body: text });
        const own = headers.length === 0 ? '' : `${headers.join(': ')}\r\n`;
        expect(server.exchanges.at(-1)).toMatchObject({
          path: '/mcp?q=1',
          headers: `host: ${server.url.host}\r\n${own}content-length: ${Buffer.byteLength(text)}\r\n`,
        });
      }
    }
  });

  test.each([
    ['a line break in a value', ['x-a', 'b\r\nevil: 1'], '/mcp'],
    ['NUL in a value', ['x-a', '\0'], '/mcp'],
    ['a character beyond Latin-1', ['x-a', '€'], '/mcp'],
    ['a space in a name', ['x a', 'b'], '/mcp'],
    ['an empty name', ['', 'b'], '/mcp'],
    ['a space in the path', [], '/a b'],
    ['a path that is none', [], 'mcp'],
    ['a line break in the path', [], '/a\r\nevil: 1'],
  ])('with %s is not sent', async (_, headers, path) => {
    await start(echo);
    await expect(post('1', headers, path).reply).rejects.toMatchObject({ code: 'HTTP_UNSENDABLE' });
    expect(await ask('2')).toBe('2');
    expect(server.exchanges).toHaveLength(1);
  });

  test('that nobody waits for any more ends its socket and is told nothing', async () => {
    await start(({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'));
    const request = post('1');
    await until('the beginning of the reply', () => request.bytesReceived > 0);
    request.abandon();
    await until('the socket to be closed', () => server.openSockets === 0);
    expect(request.ends).toBe(0);
  });

  test('that is given up when it is over already takes its socket from nobody else', async () => {
    await start(({ socket, body }) => void setTimeout(() => socket.write(rawReply(body)), 20));
    const first = post('1');
    await first.reply;
    const second = post('2');
    first.abandon();
    expect((await second.reply).body).toBe('2');
    expect(connections()).toEqual([1, 1]);
  });

  test('can make the peer wait, and goes on where it stopped', async () => {
    await start(({ socket }) => socket.write(rawReply('x'.repeat(32 * MiB))));
    const request = post('1');
    request.takesMore = false;
    await until('the reply', () => request.bytesReceived > 0);
    await sleep(200);
    expect(request.bytesReceived).toBeLessThan(MiB);
    request.resume();
    expect((await request.reply).body).toHaveLength(32 * MiB);
    expect(await ask('2')).toHaveLength(32 * MiB);
    expect(server.connections).toBe(1);
  });

  test('fails when the pool is closed, and no other begins', async () => {
    await start(() => undefined);
    const requests = [post('1'), post('2')];
    await until('the requests', () => server.exchanges.length === 2);
    requests.push(post('not connected yet'));
    pool.destroy();
    requests.push(post('too late'));
    const ends = await Promise.allSettled(requests.map(({ reply }) => reply));
    expect(ends.map(({ status }) => status)).toEqual(Array<string>(4).fill('rejected'));
    expect(requests.map((request) => request.ends)).toEqual([1, 1, 1, 1]);
  });
});

test('no request gets an answer, or a part of one, that is not its own', async () => {
  /** In the middle of a reply: nothing else is written there, for nobody could tell it from the reply. */
  const answering = new Set<Socket>();
  /** Answers in pieces, and now and then badly. */
  const behave = (exchange: RawExchange): void => {
    const { socket, body } = exchange;
    const fault = Number(body.split(' ')[0]) % 23;
    const reply = Buffer.from(rawReply(`${body} ${'x'.repeat(Number(body.split(' ')[1]))}`));
    const half = reply.length >> 1;
    if (fault === 1) socket.write(Buffer.concat([reply, Buffer.from(rawReply('stray'))]));
    else if (fault === 2) {
      const stray = (): unknown => answering.has(socket) || socket.write(rawReply('stray'));
      socket.write(reply, () => setTimeout(stray, 1));
    } else if (fault === 3) socket.end(reply.subarray(0, half));
    else if (fault === 4) socket.resetAndDestroy();
    else if (fault < 12) {
      answering.add(socket);
      socket.write(reply.subarray(0, half));
      setTimeout(() => {
        answering.delete(socket);
        socket.write(reply.subarray(half));
      }, fault % 3);
    } else socket.write(reply);
  };
  await start(behave);
  const client = async (number: number): Promise<{ answered: number; failed: number; wrong: string[] }> => {
    const told = { answered: 0, failed: 0, wrong: [] as string[] };
    for (let i = 0; i < 60; i++) {
      const name = `${number * 1_000 + i} ${(i * 37) % 900}`;
      const isOwn = (body: string): boolean => body === `${name} ${'x'.repeat((i * 37) % 900)}`;
      const request = post(name);
      request.isRight = isOwn;
      if (i % 19 === 7) {
        setTimeout(() => request.abandon(), i % 3);
        await sleep(3);
        continue;
      }
      try {
        const { body } = await request.reply;
        if (isOwn(body)) told.answered++;
        // What comes just when the socket is taken again cannot be told apart by HTTP, but by what it says.
        else if (body === 'stray') told.failed++;
        else told.wrong.push(`${name}: ${body.slice(0, 40)}`);
      } catch {
        told.failed++;
      }
      if (request.ends !== 1) told.wrong.push(`${name}: ended ${request.ends} times`);
    }
    return told;
  };
  const all = await Promise.all(Array.from({ length: 30 }, (_, number) => client(number + 1)));
  expect(all.flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(all.reduce((sum, { answered }) => sum + answered, 0)).toBeGreaterThan(1_000);
  expect(all.reduce((sum, { failed }) => sum + failed, 0)).toBeGreaterThan(50);
});

describe('over TLS', () => {
  const asked: string[] = [];
  const tls = {
    ...tlsIdentity,
    ALPNProtocols: ['h2', 'http/1.1'],
    SNICallback: (name: string, done: (error: null) => void) => {
      asked.push(name);
      done(null);
    },
  };

  test('a certificate that nobody vouches for is refused before anything is sent', async () => {
    await start(echo, { tls });
    await expect(ask('1')).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(server.exchanges).toEqual([]);
  });

  test('it speaks HTTP/1.1 on a socket that is kept, and asks for a name where there is one', async () => {
    await start(echo, { tls });
    const folder = await mkdtemp(join(tmpdir(), 'toolgate-tls-'));
    await writeFile(join(folder, 'ca.pem'), tlsIdentity.cert);
    // Whom a process trusts is read as it starts.
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'), PORT: server.url.port };
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', askOverTls], { env });
    expect(JSON.parse(stdout)).toEqual(Array(6).fill(true));
    expect(connections()).toEqual([1, 1, 1, 2, 2, 2]);
    expect(asked).toEqual(['localhost']);
    await rm(folder, { recursive: true });
  });
});

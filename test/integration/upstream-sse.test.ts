import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, test } from '@jest/globals';

import type { UpstreamRegistry } from '../../src/upstream-registry/upstream-registry.service.js';
import { remote, upstreamConfig } from '../support/upstreams/config.js';
import {
  callTool,
  readyUpstream,
  startCall,
  startRegistry,
  textOf,
  until,
} from '../support/upstreams/registry.js';

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);

/** An HTTP+SSE server of 2024-11-05 whose stream a test writes to as it likes. */
class OldServer {
  readonly #server = createServer((request, response) => this.#handle(request, response));
  readonly streams: ServerResponse[] = [];
  readonly posted: { path: string; message: { id?: number; method: string; params?: { name?: string } } }[] =
    [];
  endpoint = '/messages?session=1';
  /** Answers a tool call; anything may be written to the stream. */
  onCall: (stream: ServerResponse, id: number) => void = () => undefined;
  postStatus = 202;

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/sse`);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (this.endpoint !== '') response.write(`event: endpoint\ndata: ${this.endpoint}\n\n`);
      this.streams.push(response);
      return;
    }
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const message = JSON.parse(body) as OldServer['posted'][number]['message'];
      this.posted.push({ path: request.url ?? '', message });
      const isCall = message.method === 'tools/call';
      response.writeHead(isCall ? this.postStatus : 202).end('Accepted');
      const stream = this.streams.at(-1);
      if (message.id === undefined || stream === undefined) return;
      if (isCall) this.onCall(stream, message.id);
      else stream.write(event({ jsonrpc: '2.0', id: message.id, result: resultOf(message.method) }));
    });
  }
}

const event = (message: unknown): string => `event: message\ndata: ${JSON.stringify(message)}\n\n`;
const answer = (id: number): string =>
  event({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'ok' }] } });

function resultOf(method: string): unknown {
  if (method === 'initialize') {
    return { protocolVersion: '2024-11-05', capabilities: {}, serverInfo: { name: 'old', version: '1' } };
  }
  return method === 'tools/list' ? { tools: [{ name: 'call', inputSchema: { type: 'object' } }] } : {};
}

describe('an upstream over HTTP+SSE', () => {
  const servers: OldServer[] = [];
  let registry: UpstreamRegistry | undefined;

  async function server(): Promise<OldServer> {
    const started = await new OldServer().start();
    servers.push(started);
    return started;
  }

  afterEach(async () => {
    await registry?.close();
    for (const it of servers.splice(0)) await it.close();
  });

  test('is found out by its address, and spoken to in its revision', async () => {
    const old = await server();
    old.onCall = (stream, id) => stream.write(answer(id));
    registry = startRegistry([upstreamConfig('old', remote(old.url))]);
    const upstream = await readyUpstream(registry, 'old');
    expect(upstream.status()).toMatchObject({ transport: 'sse', protocolVersion: '2024-11-05' });
    expect(textOf(await callTool(upstream.shared, 'call'))).toBe('ok');
    expect(new Set(old.posted.map(({ path }) => path))).toEqual(new Set(['/messages?session=1']));
  });

  test.each([
    'http://127.0.0.1:1/messages',
    '//example.org/messages',
    'https://127.0.0.1/messages',
    'nonsense:',
  ])('never posts to the endpoint %s of another origin', async (endpoint) => {
    const old = await server();
    old.endpoint = endpoint;
    registry = startRegistry([upstreamConfig('old', remote(old.url, { transport: 'sse' }))]);
    const upstream = registry.get('old');
    await until('down', () => upstream?.status().state === 'down');
    expect(upstream?.status().lastFailure?.message).toContain('another origin');
    expect(old.posted).toEqual([]);
  });

  test('that never names its endpoint is down', async () => {
    const old = await server();
    old.endpoint = '';
    registry = startRegistry([upstreamConfig('old', remote(old.url, { transport: 'sse' }))], {
      limits: { connectTimeoutMs: 300 },
    });
    const upstream = registry.get('old');
    await until('down', () => upstream?.status().state === 'down');
    expect(upstream?.status().lastFailure?.message).toBe('did not name its endpoint in time');
  });

  test('whose stream ends fails all calls at once and is connected anew', async () => {
    const old = await server();
    registry = startRegistry([upstreamConfig('old', remote(old.url))]);
    const upstream = await readyUpstream(registry, 'old');
    const calls = [1, 2, 3].map(() => startCall(upstream.shared, 'call').outcome.catch(codeOf));
    await until(
      'the calls',
      () => old.posted.filter(({ message }) => message.method === 'tools/call').length === 3,
    );
    const endedAt = performance.now();
    old.streams.at(-1)?.end();
    expect(await Promise.all(calls)).toEqual(Array<string>(3).fill('UPSTREAM_UNAVAILABLE'));
    expect(performance.now() - endedAt).toBeLessThan(1_500);
    old.onCall = (stream, id) => stream.write(answer(id));
    expect(textOf(await callTool(upstream.shared, 'call'))).toBe('ok');
    expect(old.streams).toHaveLength(2);
  });

  test('that sends a broken event fails the calls it may have answered, at once', async () => {
    const old = await server();
    old.onCall = (stream) => stream.write('event: message\ndata: {"jsonrpc":"2.0","id":\n\n');
    registry = startRegistry([upstreamConfig('old', remote(old.url))]);
    const upstream = await readyUpstream(registry, 'old');
    expect(await startCall(upstream.shared, 'call').outcome.catch(codeOf)).toBe('UPSTREAM_INVALID_RESPONSE');
    old.onCall = (stream, id) => stream.write(answer(id));
    expect(textOf(await callTool(upstream.shared, 'call'))).toBe('ok');
  });

  test('whose answer is cut at any byte has not answered', async () => {
    const old = await server();
    registry = startRegistry([upstreamConfig('old', remote(old.url))]);
    const upstream = await readyUpstream(registry, 'old');
    // Less of it is not known to be a message.
    for (let at = '{"jsonrpc"'.length; at < 60; at++) {
      old.onCall = (stream, id) => {
        const data = answer(id).slice('event: message\ndata: '.length);
        stream.write(`data: ${data.slice(0, at)}\n\n`);
      };
      expect(await startCall(upstream.shared, 'call').outcome.catch(codeOf)).toBe(
        'UPSTREAM_INVALID_RESPONSE',
      );
    }
    for (let missing = 1; missing < 100; missing += 10) {
      old.onCall = (stream, id) => stream.end(answer(id).slice(0, -missing));
      expect(await startCall(upstream.shared, 'call').outcome.catch(codeOf)).toBe('UPSTREAM_UNAVAILABLE');
    }
  });

  test('that sends an event over the cap is cut off', async () => {
    const old = await server();
    old.onCall = (stream) => stream.write(`data: ${'x'.repeat(2_000_000)}`);
    registry = startRegistry([upstreamConfig('old', remote(old.url))], {
      limits: { upstreamResponseBytes: 1_000_000 },
    });
    const upstream = await readyUpstream(registry, 'old');
    expect(await startCall(upstream.shared, 'call').outcome.catch(codeOf)).toBe(
      'UPSTREAM_RESPONSE_TOO_LARGE',
    );
    old.onCall = (stream, id) => stream.write(answer(id));
    expect(textOf(await callTool(upstream.shared, 'call'))).toBe('ok');
  });

  test('that answers the POST with an error fails the call; with an unknown session it is sent again', async () => {
    const old = await server();
    old.onCall = (stream, id) => {
      if (old.streams.length === 2) stream.write(answer(id));
    };
    registry = startRegistry([upstreamConfig('old', remote(old.url))]);
    const upstream = await readyUpstream(registry, 'old');
    old.postStatus = 500;
    expect(await startCall(upstream.shared, 'call').outcome.catch(codeOf)).toBe('UPSTREAM_UNAVAILABLE');
    old.postStatus = 404;
    const call = startCall(upstream.shared, 'call');
    await until(
      'the refusal',
      () => old.posted.filter(({ message }) => message.method === 'tools/call').length === 2,
    );
    old.postStatus = 202;
    expect(await call.outcome).toMatchObject({ kind: 'result' });
  });
});

import { afterEach, describe, expect, test } from '@jest/globals';

import { featuresOf } from '../../src/core/client-features.js';
import type { UpstreamConfig } from '../../src/core/upstream.js';
import type { UpstreamRegistry } from '../../src/upstream-registry/upstream-registry.service.js';
import type { RequestClient, UpstreamLink } from '../../src/upstream-registry/upstream.js';
import { remote, stdio, upstreamConfig } from '../support/upstreams/config.js';
import { fixtureCommand, modernCommand, startFixture, startModern } from '../support/upstreams/fixture.js';
import { HostileServer } from '../support/upstreams/hostile.js';
import { ModernHostile } from '../support/upstreams/modern-hostile.js';
import {
  callTool,
  readyUpstream,
  resultOf,
  startCall,
  startRegistry,
  textOf,
  until,
} from '../support/upstreams/registry.js';

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);

describe('an upstream of revision 2026-07-28', () => {
  const open: { close(): Promise<void> }[] = [];

  function registryOf(...upstreams: readonly UpstreamConfig[]): UpstreamRegistry {
    const registry = startRegistry(upstreams);
    open.unshift(registry);
    return registry;
  }

  async function hostile(): Promise<ModernHostile> {
    const server = await ModernHostile.start();
    open.push(server);
    return server;
  }

  async function linkTo(server: ModernHostile): Promise<UpstreamLink> {
    const upstream = await readyUpstream(registryOf(upstreamConfig('up', remote(server.url))), 'up');
    return upstream.shared;
  }

  afterEach(async () => {
    for (const it of open.splice(0)) await it.close();
  });

  const asking = (answer: (method: string) => Promise<string>): RequestClient => ({
    features: featuresOf({ elicitation: {} }),
    logLevel: 'warning',
    input: { kind: 'asked', ask: (method) => answer(method) },
  });

  test('is told with each request who asks, in the body and in headers', async () => {
    const server = await hostile();
    const link = await linkTo(server);
    await callTool(link, 'ok', { a: 1 }, { client: asking(() => Promise.resolve('{}')) });
    const [call] = server.all('tools/call');
    expect(call?.message.params).toEqual({
      name: 'ok',
      arguments: { a: 1 },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': expect.objectContaining({ name: 'toolgate' }),
        'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
        'io.modelcontextprotocol/logLevel': 'warning',
      },
    });
    expect(call?.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'ok',
      accept: 'application/json, text/event-stream',
    });
    expect(call?.headers['mcp-session-id']).toBeUndefined();
    expect(server.all('initialize')).toEqual([]);
    expect(server.all('notifications/initialized')).toEqual([]);
  });

  test('gets names that a header cannot carry in Base64', async () => {
    const server = await hostile();
    server.answers.set('resources/read', ({ reply }) => reply({ contents: [] }));
    const link = await linkTo(server);
    const uri = 'test://größe';
    await link.request({ method: 'resources/read', name: uri, encodeParams: () => JSON.stringify({ uri }) })
      .outcome;
    const encoded = `=?base64?${Buffer.from(uri).toString('base64')}?=`;
    expect(server.all('resources/read')[0]?.headers['mcp-name']).toBe(encoded);
  });

  test('that speaks the earlier revisions too is spoken to in this one', async () => {
    const server = await startModern(0, 'dual');
    open.push({ close: () => server.kill() });
    const registry = registryOf(
      upstreamConfig('http', remote(server.url)),
      upstreamConfig('stdio', stdio(modernCommand('dual'))),
    );
    for (const name of ['http', 'stdio']) {
      const upstream = await readyUpstream(registry, name);
      expect(upstream.status().protocolVersion).toBe('2026-07-28');
      expect(upstream.era).toBe('modern');
    }
  });

  test('an upstream of another era is found out once, whatever becomes of its connections', async () => {
    const server = await HostileServer.start();
    open.push(server);
    const upstream = await readyUpstream(registryOf(upstreamConfig('up', remote(server.url))), 'up');
    expect([server.count('server/discover'), server.count('initialize')]).toEqual([1, 1]);
    server.forgetSessions();
    expect(textOf(await callTool(upstream.shared, 'ok'))).toBe('ok');
    const link = upstream.openPrivate({
      features: featuresOf({ sampling: {} }),
      onRequest: () => Promise.resolve('{}'),
      onNotification: () => undefined,
    });
    expect(textOf(await callTool(link, 'ok'))).toBe('ok');
    expect([server.count('server/discover'), server.count('initialize')]).toEqual([1, 3]);
    await link.close();
  });

  test('a program that ends at a question it does not know is started again and asked otherwise', async () => {
    const strict = `
      process.stdin.once('data', (data) => {
        if (!String(data).includes('"initialize"')) process.exit(3);
        const id = JSON.parse(String(data).split('\\n')[0]).id;
        const result = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 's', version: '1' } };
        console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
        process.stdin.on('data', (more) => {
          for (const line of String(more).split('\\n')) {
            const it = line === '' ? {} : JSON.parse(line);
            if (it.id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id: it.id, result: { tools: [] } }));
          }
        });
      });`;
    const command = { command: process.execPath, args: ['-e', strict] };
    const upstream = await readyUpstream(registryOf(upstreamConfig('up', stdio(command))), 'up');
    expect(upstream.status().protocolVersion).toBe('2025-06-18');
  });

  test.each([
    [
      'an earlier one by one of this revision',
      () => startFixture('http'),
      (port: number) => startModern(port),
    ],
    [
      'one of this revision by an earlier one',
      () => startModern(),
      (port: number) => startFixture('http', port),
    ],
  ])('replaced, %s, the call that notices it still works', async (_, before, after) => {
    const old = await before();
    const upstream = await readyUpstream(registryOf(upstreamConfig('up', remote(old.url))), 'up');
    const { era } = upstream;
    await old.kill();
    const next = await after(old.port);
    open.push({ close: () => next.kill() });
    expect(textOf(await callTool(upstream.shared, 'echo', { message: 'new' }))).toBe('new');
    await until('the other era', () => upstream.era !== era);
    expect(textOf(await callTool(upstream.shared, 'echo', { message: 'again' }))).toBe('again');
  });

  test('that does not want this version any more is asked anew', async () => {
    const server = await hostile();
    const link = await linkTo(server);
    let isRefused = false;
    server.answers.set('ok', ({ reply, refuse }) => {
      if (isRefused) reply({ content: [{ type: 'text', text: 'ok' }] });
      else refuse(400, -32022, { supported: ['2026-07-28'], requested: '2026-07-28' });
      isRefused = true;
    });
    expect(textOf(await callTool(link, 'ok'))).toBe('ok');
    expect(server.all('server/discover')).toHaveLength(2);
  });

  test.each<[string, readonly string[]]>([
    ['only versions to come', ['2027-01-01']],
    ['only versions nobody knows', ['1.0']],
  ])('that speaks %s is down, and says why', async (_, supported) => {
    const server = await hostile();
    server.answers.set('server/discover', ({ refuse }) =>
      refuse(400, -32022, { supported, requested: '2026-07-28' }),
    );
    const registry = registryOf(upstreamConfig('up', remote(server.url, { transport: 'http' })));
    await until('down', () => registry.get('up')?.status().state === 'down');
    expect(registry.get('up')?.status().lastFailure).toMatchObject({
      stage: 'discover',
      message: 'speaks no protocol version that we do',
    });
    expect(server.all('initialize')).toEqual([]);
  });

  test('is asked for its health by the request there is', async () => {
    const server = await hostile();
    await linkTo(server);
    expect(server.all('ping')).toEqual([]);
    server.breakSubscriptions();
    await until('a second discovery', () => server.all('server/discover').length === 2);
  });

  test('tells of changes on one stream, which is opened anew when it breaks off', async () => {
    const server = await hostile();
    const registry = registryOf(upstreamConfig('up', remote(server.url)));
    const upstream = await readyUpstream(registry, 'up');
    await until('the subscription', () => server.subscriptions.length === 1);
    expect(server.all('subscriptions/listen')[0]?.message.params['notifications']).toEqual({
      toolsListChanged: true,
    });
    server.tools.push({ name: 'later', inputSchema: { type: 'object' } });
    server.push('notifications/tools/list_changed', {});
    await until('the new tool', () => upstream.catalog?.tools.length === 2);
    server.breakSubscriptions();
    server.tools.push({ name: 'missed', inputSchema: { type: 'object' } });
    // Nobody told of this one: what may have been missed is read when the stream is there again.
    await until('the tool that came meanwhile', () => upstream.catalog?.tools.length === 3);
    expect(server.subscriptions).toHaveLength(1);
  });

  test('tells of resources under an id that is nobody else’s business', async () => {
    const server = await hostile();
    server.capabilities['resources'] = { subscribe: true };
    const registry = registryOf(upstreamConfig('up', remote(server.url)));
    const { shared } = await readyUpstream(registry, 'up');
    const told: unknown[] = [];
    registry.onUpstreamNotification((_, { method, paramsJson }) => told.push([method, paramsJson]));
    const ask = (method: string, uri: string): Promise<unknown> =>
      shared.request({ method, encodeParams: () => JSON.stringify({ uri }) }).outcome;
    await Promise.all(['a', 'b', 'c'].map((name) => ask('resources/subscribe', `test://${name}`)));
    // Three at once are one change of the stream.
    expect(server.all('subscriptions/listen').length).toBeLessThanOrEqual(2);
    await until('one stream', () => server.subscriptions.length === 1);
    server.push('notifications/resources/updated', { uri: 'test://a' });
    await until('the notification', () => told.length === 1);
    expect(told).toEqual([['notifications/resources/updated', '{"uri":"test://a"}']]);
    await ask('resources/unsubscribe', 'test://a');
    await until('a stream for the rest', () => {
      const { params } = server.all('subscriptions/listen').at(-1)?.message ?? { params: {} };
      return JSON.stringify(params).includes('"resourceSubscriptions":["test://b","test://c"]');
    });
  });

  test('that knows no subscriptions says so to who wants one', async () => {
    const server = await hostile();
    server.answers.set('subscriptions/listen', ({ refuse }) => refuse(404, -32601));
    const link = await linkTo(server);
    const encodeParams = (): string => '{"uri":"test://a"}';
    expect(await link.request({ method: 'resources/subscribe', encodeParams }).outcome).toMatchObject({
      kind: 'error',
      error: { code: -32601 },
    });
  });

  describe('and what it answers', () => {
    const answerOf = async (server: ModernHostile, client?: RequestClient): Promise<unknown> =>
      startCall(await linkTo(server), 'ok', {}, client === undefined ? {} : { client }).outcome.catch(codeOf);

    test.each<[string, (reply: (result: Record<string, unknown>) => void) => void]>([
      ['of an unknown kind', (reply) => reply({ resultType: 'task' })],
      ['of a kind that is no text', (reply) => reply({ resultType: 7 })],
      ['that asks for nothing', (reply) => reply({ resultType: 'input_required' })],
      [
        'that asks for what no client answers',
        (reply) =>
          reply({ resultType: 'input_required', inputRequests: { a: { method: 'tools/call', params: {} } } }),
      ],
      [
        'that asks for nothing known',
        (reply) => reply({ resultType: 'input_required', inputRequests: { a: 1 } }),
      ],
    ])('a result %s is no answer', async (_, say) => {
      const server = await hostile();
      server.answers.set('ok', ({ reply }) => say(reply));
      expect(
        await answerOf(
          server,
          asking(() => Promise.resolve('{}')),
        ),
      ).toBe('UPSTREAM_INVALID_RESPONSE');
    });

    test('a result that does not say its kind is complete, wherever it says so', async () => {
      const server = await hostile();
      const results = [
        '{"content":[]}',
        '{"content":[],"resultType":"complete"}',
        '{"a":{"resultType":"task"}}',
      ];
      const link = await linkTo(server);
      for (const result of results) {
        server.answers.set('ok', ({ message, response }) => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(`{"jsonrpc":"2.0","id":${message.id},"result":${result}}`);
        });
        expect(await startCall(link, 'ok').outcome).toMatchObject({ kind: 'result' });
      }
    });

    test('a question without end is given up', async () => {
      const server = await hostile();
      server.answers.set('ok', ({ reply }) =>
        reply({
          resultType: 'input_required',
          inputRequests: { a: { method: 'elicitation/create', params: {} } },
        }),
      );
      let asked = 0;
      const client = asking(() => {
        asked++;
        return Promise.resolve('{"action":"accept"}');
      });
      expect(await answerOf(server, client)).toBe('UPSTREAM_INVALID_RESPONSE');
      expect(asked).toBe(32);
    });

    test('a call that is called off while its client is asked is over, and so is the question', async () => {
      const server = await hostile();
      server.answers.set('ok', ({ reply }) =>
        reply({
          resultType: 'input_required',
          inputRequests: { a: { method: 'elicitation/create', params: {} } },
        }),
      );
      let signalOf: AbortSignal | undefined;
      const client: RequestClient = {
        features: featuresOf({ elicitation: {} }),
        logLevel: null,
        input: {
          kind: 'asked',
          ask: (_method, _params, signal) =>
            new Promise((_, reject) => {
              signalOf = signal;
              signal.addEventListener('abort', () => reject(new Error('aborted')));
            }),
        },
      };
      const call = startCall(await linkTo(server), 'ok', {}, { client });
      await until('the question', () => signalOf !== undefined);
      call.cancel('Not needed');
      await expect(call.outcome).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(signalOf?.aborted).toBe(true);
      expect(server.all('tools/call')).toHaveLength(1);
    });

    test('a request of its own is not answered', async () => {
      const server = await hostile();
      server.answers.set('ok', ({ message, response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"jsonrpc":"2.0","id":1,"method":"roots/list"}\n\n');
        response.end(`data: {"jsonrpc":"2.0","id":${message.id},"result":{"content":[]}}\n\n`);
      });
      expect(await answerOf(server)).toMatchObject({ kind: 'result' });
      expect(server.received.every(({ message }) => typeof message.method === 'string')).toBe(true);
    });

    test('a stream that breaks off is not taken up again', async () => {
      const server = await hostile();
      server.answers.set('ok', ({ response }) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end('id: 7\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{}}\n\n');
      });
      expect(await answerOf(server)).toBe('UPSTREAM_UNAVAILABLE');
    });

    test('an error without an id on a call’s own answer is that call’s', async () => {
      const server = await hostile();
      server.answers.set('ok', ({ response }) => {
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"No"}}');
      });
      expect(await answerOf(server)).toMatchObject({ kind: 'error', error: { code: -32602 } });
    });
  });

  describe('and arguments that travel as headers', () => {
    const schemaWith = (header: string): object => ({
      type: 'object',
      properties: { region: { type: 'string', 'x-mcp-header': header } },
    });

    test('come with the call', async () => {
      const server = await startModern();
      open.push({ close: () => server.kill() });
      const upstream = await readyUpstream(registryOf(upstreamConfig('up', remote(server.url))), 'up');
      const tool = upstream.catalog?.tools.find(({ name }) => name === 'region');
      const args = { region: 'grün', options: { fast: true } };
      const call = upstream.shared.request({
        method: 'tools/call',
        name: 'region',
        ...(tool === undefined ? {} : { tool }),
        encodeParams: () => JSON.stringify({ name: 'region', arguments: args }),
      });
      expect(JSON.parse(textOf(resultOf(await call.outcome)))).toEqual(['=?base64?Z3LDvG4=?=', 'true']);
    });

    test('are read anew when the upstream misses one, and the call is made once more', async () => {
      const server = await hostile();
      server.tools.push({ name: 'moved', inputSchema: schemaWith('Old') });
      const upstream = await readyUpstream(registryOf(upstreamConfig('up', remote(server.url))), 'up');
      const tool = upstream.catalog?.tools.find(({ name }) => name === 'moved');
      server.tools.splice(1, 1, { name: 'moved', inputSchema: schemaWith('New') });
      server.answers.set('moved', ({ headers, reply, refuse }) => {
        if (headers['mcp-param-new'] === 'eu') reply({ content: [{ type: 'text', text: 'moved' }] });
        else refuse(400, -32020);
      });
      const call = upstream.shared.request({
        method: 'tools/call',
        ...(tool === undefined ? {} : { tool }),
        encodeParams: () => '{"name":"moved","arguments":{"region":"eu"}}',
      });
      expect(textOf(resultOf(await call.outcome))).toBe('moved');
      expect(server.all('tools/call')).toHaveLength(2);
    });

    test('that no schema explains are the upstream’s fault, not the client’s', async () => {
      const server = await hostile();
      server.answers.set('ok', ({ refuse }) => refuse(400, -32020));
      expect(await startCall(await linkTo(server), 'ok').outcome.catch(codeOf)).toBe(
        'UPSTREAM_INVALID_RESPONSE',
      );
    });

    test('keep a tool out of the catalog when they are wrong', async () => {
      const server = await hostile();
      server.tools.push({ name: 'bad', inputSchema: schemaWith('not a header') });
      const upstream = await readyUpstream(registryOf(upstreamConfig('up', remote(server.url))), 'up');
      expect(upstream.catalog?.tools.map(({ name }) => name)).toEqual(['ok']);
      expect(upstream.catalog?.rejected).toEqual([
        { kind: 'tool', name: 'bad', reason: expect.stringContaining('x-mcp-header') },
      ]);
    });
  });

  test('two hundred clients at once get their own answers, over stdio too', async () => {
    const registry = registryOf(
      upstreamConfig('up', stdio(modernCommand())),
      upstreamConfig('old', stdio(fixtureCommand())),
    );
    const { shared } = await readyUpstream(registry, 'up');
    const asked: string[] = [];
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => {
        const client = asking(() => {
          asked.push(String(i));
          return Promise.resolve(JSON.stringify({ action: 'accept', content: { name: `n${i}` } }));
        });
        return callTool(shared, 'ask_client', {}, { client }).then(textOf);
      }),
    );
    expect(answers).toEqual(
      Array.from({ length: 200 }, (_, i) => `{"action":"accept","content":{"name":"n${i}"}}`),
    );
    expect(new Set(asked).size).toBe(200);
  });
});

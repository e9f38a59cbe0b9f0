import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { RawClient, type RawReply } from '../support/clients/raw-client.js';
import { eventually } from '../support/gateway.js';
import { ways } from '../support/hot-routes.js';
import { framed, startRawLab, surfaceNames, type RawLab } from '../support/raw-surfaces.js';

/** Clients that use HTTP as it may be used, and as it must not be, on every surface and both ways in. */
describe.each(ways)('through %s', (_, hotRoutes) => {
  let lab: RawLab;
  const clients: RawClient[] = [];

  beforeAll(async () => {
    lab = await startRawLab(hotRoutes);
  }, 60_000);

  afterAll(async () => {
    for (const client of clients) client.destroy();
    await lab.stop();
  });

  async function connect(): Promise<RawClient> {
    const client = await RawClient.connect(lab.gateway.port);
    clients.push(client);
    return client;
  }

  let lastId = 0;
  const nextId = (): number => ++lastId;

  describe.each(surfaceNames)('%s', (name) => {
    test('requests that are sent at once are answered in order, each with its own', async () => {
      const { ask, answer } = lab.surfaces[name];
      const asked = Array.from({ length: 30 }, (_, i) => ({ id: nextId(), text: `text ${i}` }));
      const client = await connect();
      client.write(asked.map(({ id, text }) => framed(ask(id, text))).join(''));
      for (const { id, text } of asked) expect(await answer(id, await client.next())).toBe(text);
    });

    test('a request may come a byte at a time', async () => {
      const { ask, answer } = lab.surfaces[name];
      const id = nextId();
      const client = await connect();
      await client.trickle(framed(ask(id, 'ünhurried 🐌')));
      expect(await answer(id, await client.next())).toBe('ünhurried 🐌');
    });

    test('a body may come in chunks of any size', async () => {
      const { ask, answer } = lab.surfaces[name];
      const id = nextId();
      const { head, body } = ask(id, 'grüße '.repeat(100));
      const client = await connect();
      client.write(`${head}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n`);
      await client.trickle(chunked(body));
      expect(await answer(id, await client.next())).toBe('grüße '.repeat(100));
    });

    test('who expects it is told to go on', async () => {
      const { ask, answer } = lab.surfaces[name];
      const id = nextId();
      const { head, body } = ask(id, 'expected');
      const client = await connect();
      client.write(`${head}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`);
      expect(await client.next()).toEqual({ status: 100, headers: {}, body: '' });
      expect(await answer(id, await client.write(body).next())).toBe('expected');
    });

    test('more than the said length is no request, and costs the one before nothing', async () => {
      const { ask, answer } = lab.surfaces[name];
      const id = nextId();
      const client = await connect();
      client.write(`${framed(ask(id, 'short'))}{"more": "than said"}`);
      expect(await answer(id, await client.next())).toBe('short');
      const refusal = await client.next();
      expect(refusal).toMatchObject({ status: 400, headers: { connection: 'close' } });
      expect(JSON.parse(refusal.body)).toMatchObject({ error: { code: 'invalid_request' } });
      expect(await client.rest()).toBe('');
    });

    test('less than the said length, and then the end, is told so', async () => {
      const { ask } = lab.surfaces[name];
      const request = ask(nextId(), 'long');
      const client = await connect();
      client.write(framed(request, request.body.length + 5)).halfClose();
      expect(await client.next()).toMatchObject({
        status: 400,
        headers: { 'content-type': 'application/json' },
      });
      expect(await client.rest()).toBe('');
    });

    test('a request without Host is told what it lacks', async () => {
      const { ask } = lab.surfaces[name];
      const { head, body } = ask(nextId(), 'x');
      const client = await connect();
      client.write(framed({ head: head.replace(/^Host: .*\r\n/m, ''), body }));
      const { status, body: text } = await client.next();
      expect(status).toBe(400);
      expect(JSON.parse(text)).toMatchObject({ error: { message: expect.stringContaining('Host') } });
    });
  });

  test('whatever is sent at once is answered in order, refusals in between too', async () => {
    const slow = JSON.stringify({ name: 'up__sleep', arguments: { ms: 100 } });
    const json = { 'Content-Type': 'application/json' };
    const { head } = lab;
    const asked: [string, number][] = [
      [framed({ head: head('POST', '/mcp/tools/call', json), body: slow }), 200],
      [`${head('GET', '/nothing')}\r\n`, 404],
      [framed({ head: head('POST', '/mcp', json), body: '{' }), 400],
      [`${head('GET', '/health/liveness')}\r\n`, 200],
      [framed({ head: head('POST', '/mcp/tools/call', json), body: 'no JSON' }), 400],
      [`${head('PUT', '/mcp')}\r\n`, 405],
      [framed({ head: head('POST', '/key/generate', json), body: '{}' }), 403],
      [framed(lab.surfaces.REST.ask(nextId(), 'last')), 200],
      ['what is this?\r\n\r\n', 400],
    ];
    const client = await connect();
    client.write(asked.map(([text]) => text).join(''));
    for (const [, status] of asked) expect((await client.next()).status).toBe(status);
    expect(await client.rest()).toBe('');
  });

  test('an expectation that nobody knows is passed over', async () => {
    const client = await connect();
    client.write(`${lab.head('GET', '/health/liveness', { Expect: 'miracles' })}\r\n`);
    expect(await client.next()).toMatchObject({ status: 200, body: '"I\'m alive!"' });
  });

  test('who ends its side while a call is under way has gone: the call is cancelled', async () => {
    const cancelled = async (): Promise<unknown> =>
      (await lab.gateway.api('POST', '/mcp/tools/call', { name: 'up__cancelled_calls' })).body['content'];
    const before = await cancelled();
    const body = JSON.stringify({ name: 'up__sleep', arguments: { ms: 30_000 } });
    const head = lab.head('POST', '/mcp/tools/call', { 'Content-Type': 'application/json' });
    const client = await connect();
    client.write(framed({ head, body })).halfClose();
    expect(await client.rest()).toBe('');
    await eventually(
      'the cancellation',
      async () => JSON.stringify(await cancelled()) !== JSON.stringify(before),
    );
  });

  test("pages of others may not use the key's tools; those on this machine and our own may", async () => {
    const { gateway, head, surfaces } = lab;
    const ask = async (path: string, headers: Record<string, string>): Promise<RawReply> =>
      (await connect()).write(`${head('GET', path, headers)}\r\n`).next();
    for (const path of ['/mcp/tools/list', '/mcp-rest/tools/list']) {
      const refusal = await ask(path, { Origin: 'https://evil.example' });
      expect(refusal.status).toBe(403);
      expect(JSON.parse(refusal.body)).toMatchObject({
        error: { code: 'origin_not_allowed', param: 'Origin' },
      });
      expect((await ask(path, { Origin: 'null' })).status).toBe(403);
      expect((await ask(path, { Origin: 'http://localhost:3000' })).status).toBe(200);
      expect((await ask(path, { Origin: `http://127.0.0.1:${gateway.port}` })).status).toBe(200);
    }
    const { head: callHead, body } = surfaces.REST.ask(nextId(), 'x');
    const call = framed({ head: `${callHead}Origin: https://evil.example\r\n`, body });
    expect((await (await connect()).write(call).next()).status).toBe(403);
  });
});

/** The body in chunks of 1, 2, 3, ... bytes, with what the grammar allows besides. */
function chunked(body: string): Buffer {
  const bytes = Buffer.from(body).toString('latin1');
  let text = '';
  for (let at = 0, size = 1; at < bytes.length; at += size++) {
    const chunk = bytes.slice(at, at + size);
    text += `00${chunk.length.toString(16).toUpperCase()};note="a b"\r\n${chunk}\r\n`;
  }
  return Buffer.from(`${text}0\r\nX-Sum: 1\r\n\r\n`, 'latin1');
}

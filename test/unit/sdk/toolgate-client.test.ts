import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { Toolgate, ToolgateError } from '../../../src/sdk/index.js';
import { startScripted, type Asked, type Scripted } from './scripted-gateway.js';

const key = 'sk-0123456789abcdef';
const add = {
  name: 'demo__add',
  description: 'Adds',
  inputSchema: { type: 'object', properties: { a: {} } },
  mcp_info: { server_name: 'demo', tool_name: 'add' },
};

let gateway: Awaited<ReturnType<typeof startScripted>>;
let answer: (asked: Asked) => Scripted;
let toolgate: Toolgate;

beforeEach(async () => {
  gateway = await startScripted((asked) => answer(asked));
  toolgate = new Toolgate({ url: gateway.url, key });
});
afterEach(() => gateway.stop());

async function errorOf(work: Promise<unknown>): Promise<ToolgateError> {
  const error = await work.then(
    () => new Error('it resolved'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ToolgateError) return error;
  throw error as Error;
}

describe('Toolgate tools', () => {
  it('lists, with the key where it belongs', async () => {
    answer = () => ({ body: { tools: [add] } });
    expect(await toolgate.tools.list()).toEqual([add]);
    expect(await toolgate.tools.list({ server: 'a&b' })).toEqual([add]);
    expect(gateway.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /mcp/tools/list',
      'GET /mcp/tools/list?server=a%26b',
    ]);
    expect(gateway.asked[0]?.headers).toMatchObject({
      authorization: `Bearer ${key}`,
      accept: 'application/json',
    });
  });

  it('calls, and hands over results that are errors too', async () => {
    const result = { content: [{ type: 'text', text: 'no' }], isError: true };
    answer = () => ({ body: result });
    expect(await toolgate.tools.call('demo__add', { a: 1 })).toEqual(result);
    expect(await toolgate.tools.call('add', {}, { server: 'demo' })).toEqual(result);
    expect(await toolgate.tools.call('demo__now')).toEqual(result);
    expect(gateway.asked.map(({ body }) => body)).toEqual([
      { name: 'demo__add', arguments: { a: 1 } },
      { name: 'add', arguments: {}, server: 'demo' },
      { name: 'demo__now', arguments: {} },
    ]);
    expect(gateway.asked[0]?.headers['content-type']).toBe('application/json');
  });

  it('gives tools ready for a chat completion', async () => {
    answer = () => ({ body: { tools: [add] } });
    expect(await toolgate.openaiTools()).toEqual([
      {
        type: 'function',
        function: {
          name: 'demo__add',
          description: 'Adds',
          parameters: { type: 'object', properties: { a: {} } },
          strict: false,
        },
      },
    ]);
  });

  it('goes with an address that has a path or a slash at its end', async () => {
    answer = () => ({ body: { tools: [] } });
    await new Toolgate({ url: `${gateway.url}/`, key }).tools.list();
    await new Toolgate({ url: new URL(`${gateway.url}/gate/`), key }).tools.list();
    expect(gateway.asked.map(({ path }) => path)).toEqual(['/mcp/tools/list', '/gate/mcp/tools/list']);
    for (const url of ['localhost', 'localhost:4000', 'file:///etc/passwd']) {
      expect(() => new Toolgate({ url, key })).toThrow('url must begin with http:// or https://');
    }
  });

  it('uses the fetch it is given', async () => {
    const fetch: typeof globalThis.fetch = () => Promise.resolve(Response.json({ tools: [add] }));
    expect(await new Toolgate({ url: 'http://gateway.invalid', key, fetch }).tools.list()).toEqual([add]);
  });
});

describe('ToolgateError', () => {
  it("has the gateway's message, status, code, field, request id and time to wait", async () => {
    answer = () => ({
      status: 429,
      headers: { 'x-request-id': 'r1', 'retry-after': '7' },
      body: {
        error: {
          message: 'Slow down.',
          type: 'rate_limit_error',
          param: 'name',
          code: 'rate_limit_exceeded',
        },
      },
    });
    const error = await errorOf(toolgate.tools.call('demo__add'));
    expect(error).toMatchObject({
      message: 'Slow down.',
      status: 429,
      code: 'rate_limit_exceeded',
      requestId: 'r1',
      retryAfterSeconds: 7,
      details: { param: 'name' },
    });
  });

  it.each<[string, Scripted, Partial<ToolgateError>]>([
    ['a proxy page', { status: 502, body: '<html>' }, { status: 502, code: 'invalid_answer' }],
    ['a success that is not JSON', { body: 'OK!' }, { status: 200, code: 'invalid_answer', requestId: null }],
    ['JSON without an envelope', { status: 500, body: [] }, { status: 500, code: 'invalid_answer' }],
    [
      'a null',
      { status: 500, body: 'null' },
      { status: 500, code: 'invalid_answer', retryAfterSeconds: null },
    ],
  ])('says so when the answer is %s', async (_, scripted, expected) => {
    answer = () => scripted;
    expect(await errorOf(toolgate.tools.list())).toMatchObject(expected);
  });

  it('says when nothing answers', async () => {
    await gateway.stop();
    const error = await errorOf(toolgate.tools.list());
    expect(error).toMatchObject({ status: null, code: 'connection_failed' });
    expect(error.cause).toBeDefined();
    gateway = await startScripted(() => ({ body: '' }));
  });

  it('never shows the key', async () => {
    answer = () => ({ status: 401, body: { error: { message: 'Unknown key.', code: 'invalid_api_key' } } });
    const error = await errorOf(toolgate.tools.list());
    expect(`${JSON.stringify(error)} ${String(error.stack)} ${JSON.stringify(toolgate)}`).not.toContain(key);
  });

  it('is not what an abort rejects with', async () => {
    answer = () => ({ body: null });
    const controller = new AbortController();
    const call = toolgate.tools.call('demo__slow', {}, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(call).rejects.toThrow('enough');
  });
});

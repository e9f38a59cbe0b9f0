import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';

import { runExample } from '../support/example.js';
import { eventually, startGateway, type RunningGateway } from '../support/gateway.js';
import { completion, failure, json, MockProvider, pieces, raw } from '../support/mock-provider.js';
import { fixtureCommand, startFixture, type RunningUpstream } from '../support/upstreams/fixture.js';
import { readmeBlock } from '../unit/docs/readme.js';

/** Models and tools on one port: the built program between official clients, mock providers and real MCP servers. */
const messages = [{ role: 'user' as const, content: 'Hi' }];
const providerKey = 'sk-provider-secret-0123456789';
const ownTools = {
  type: 'mcp',
  server_label: 'own',
  server_url: 'toolgate',
  require_approval: 'never',
};

interface Loop {
  choices: { message: { content: string; tool_calls?: unknown[] }; finish_reason: string }[];
  usage: Record<string, number>;
  toolgate: {
    rounds: number;
    output: { type: string; name?: string; output?: string | null; error?: string | null }[];
    stopped?: { reason: string; message: string };
  };
}

let gateway: RunningGateway;
let provider: MockProvider;
let spare: MockProvider;
let http: RunningUpstream;
let sse: RunningUpstream;

beforeAll(async () => {
  [provider, spare, http, sse] = await Promise.all([
    MockProvider.start(),
    MockProvider.start(),
    startFixture('http'),
    startFixture('sse'),
  ]);
  const params = (model: string, base: string, more = ''): string =>
    `{ model: openai/${model}, api_base: "${base}", api_key: ${providerKey}, max_retries: 0${more} }`;
  const price = ', input_cost_per_token: 0.01, output_cost_per_token: 0.02';
  const { command, args } = fixtureCommand();
  gateway = await startGateway({
    config: `
model_list:
  - { model_name: gpt-4o, litellm_params: ${params('gpt-real', provider.base)} }
  - { model_name: priced, litellm_params: ${params('gpt-real', provider.base, price)} }
  - { model_name: twin, litellm_params: ${params('twin-a', provider.base)} }
  - { model_name: twin, litellm_params: ${params('twin-b', spare.base)} }
  - { model_name: shaky, litellm_params: ${params('shaky', provider.base)} }
  - { model_name: steady, litellm_params: ${params('steady', spare.base)} }
mcp_servers:
  demo: { transport: stdio, command: ${JSON.stringify(command)}, args: ${JSON.stringify(args)} }
  web: { url: "${http.url.href}" }
  old: { url: "${sse.url.href}" }
general_settings:
  fallbacks: { shaky: [steady] }
router_settings: { cooldown_time: 60 }
`,
  });
  await eventually('the tools of all three servers', async () => {
    const { body } = await gateway.api('GET', '/mcp/tools/list');
    const listed = body['tools'] as { mcp_info: { server_name: string } }[];
    return new Set(listed.map((tool) => tool.mcp_info.server_name)).size === 3;
  });
}, 60_000);

beforeEach(() => {
  provider.reset();
  spare.reset();
});

afterAll(async () => {
  await gateway.stop();
  await Promise.all([provider.close(), spare.close(), http.kill(), sse.kill()]);
});

async function newKey(fields: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await gateway.api('POST', '/key/generate', fields);
  expect(status).toBe(200);
  return body['key'] as string;
}

const openai = (apiKey: string): OpenAI =>
  new OpenAI({ apiKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });

function post(path: string, key: string, body: string | Buffer | object): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });
}

describe('the official openai client', () => {
  let client: OpenAI;

  beforeAll(async () => {
    client = openai(await newKey());
  });

  test('chats, and every answer says which call and which entry it was', async () => {
    provider.script(completion({ content: 'Hi there' }));
    const { data, response } = await client.chat.completions
      .create({ model: 'priced', messages })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe('Hi there');
    expect(provider.last.headers.authorization).toBe(`Bearer ${providerKey}`);
    expect(response.headers.get('x-toolgate-call-id')).toBe(response.headers.get('x-request-id'));
    expect(response.headers.get('x-toolgate-model-id')).toMatch(/^[0-9a-f]{32}$/);
    expect(Number(response.headers.get('x-toolgate-cost'))).toBeCloseTo(10 * 0.01 + 5 * 0.02);
  });

  test('gets a stream as it comes, not when it is over', async () => {
    let goOn = (): void => undefined;
    const waits = new Promise<void>((resolve) => (goOn = resolve));
    const chunk = (content: string, finish: string | null = null): string =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;
    provider.script(async (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(chunk('first'));
      await waits;
      response.end(`${chunk(' second', 'stop')}data: [DONE]\n\n`);
    });
    const stream = await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true });
    const texts: string[] = [];
    for await (const { choices } of stream) {
      texts.push(choices[0]?.delta.content ?? '');
      goOn();
    }
    expect(texts).toEqual(['first', ' second']);
  });

  test('gets tool calls, embeddings and responses', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'f', parameters: {} } }];
    provider.script(completion({ toolCalls: [{ name: 'f', arguments: '{"x":1}' }] }));
    const called = await client.chat.completions.create({ model: 'gpt-4o', messages, tools });
    expect(called.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'f', arguments: '{"x":1}' } },
    ]);
    provider.script(
      json({ object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.5, 1] }], model: 'e' }),
    );
    const input = 'text';
    const embedded = await client.embeddings.create({ model: 'gpt-4o', input, encoding_format: 'float' });
    expect(embedded.data[0]?.embedding).toEqual([0.5, 1]);
    expect(provider.last.path).toBe('/v1/embeddings');
    const content = [{ type: 'output_text', text: 'Done.', annotations: [] }];
    const message = { type: 'message', id: 'm', role: 'assistant', status: 'completed', content };
    provider.script(json({ id: 'resp_1', object: 'response', status: 'completed', output: [message] }));
    expect((await client.responses.create({ model: 'gpt-4o', input })).output_text).toBe('Done.');
    expect(provider.last.path).toBe('/v1/responses');
  });

  test('lists the models its key may use', async () => {
    const names = async (by: OpenAI): Promise<string[]> => {
      const ids: string[] = [];
      for await (const model of by.models.list()) ids.push(model.id);
      return ids;
    };
    expect(await names(client)).toEqual(['gpt-4o', 'priced', 'twin', 'shaky', 'steady']);
    expect(await names(openai(await newKey({ models: ['twin', 'no-such'] })))).toEqual(['twin']);
    expect((await client.models.retrieve('twin')).owned_by).toBe('openai');
  });

  test('raises what is wrong with a request as its own errors', async () => {
    const ask = (by: OpenAI, model: string): Promise<unknown> =>
      by.chat.completions.create({ model, messages }).then(
        () => 'no error',
        (error: unknown) => error,
      );
    const unknown = await ask(client, 'no-such-model');
    expect(unknown).toBeInstanceOf(OpenAI.NotFoundError);
    expect(unknown).toMatchObject({ code: 'model_not_found', param: 'model' });
    const narrow = openai(await newKey({ models: ['twin'] }));
    expect(await ask(narrow, 'gpt-4o')).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(await ask(openai('sk-nobody-knows-this-key'), 'gpt-4o')).toBeInstanceOf(
      OpenAI.AuthenticationError,
    );
    const busy = failure(429, `slow down ${providerKey}`, { 'Retry-After': '7' });
    provider.script(busy);
    const limited = await ask(client, 'gpt-4o');
    expect(limited).toBeInstanceOf(OpenAI.RateLimitError);
    expect(limited).toMatchObject({ message: expect.not.stringContaining(providerKey) });
    expect((limited as InstanceType<typeof OpenAI.RateLimitError>).headers.get('retry-after')).toBe('7');
  });
});

describe('bodies', () => {
  const asked = Buffer.from(
    '{ "messages" : [ {"role":"user","content":"h\\u00e9 \\ud83d\\ude00 é😀"} ] ,\n\t"seed": 12345678901234567890123,\r\n' +
      ' "temperature":1.0000000000000000001, "x":-0.0E+400, "model" : "gpt-4o"  , "unknown":{"a" : [ 1 ,2 ]} }\n',
  );
  const answered =
    '{ "id":"x" , "big": 123456789012345678901234567890, "choices":[{"index":0,"message":{"role":"assistant",' +
    '"content":"é😀\\u00e9\\/"},"finish_reason":"stop"}],\n\t"usage" : {"prompt_tokens":1,"completion_tokens":2 } }  \n';

  test('pass byte for byte both ways, but for the name of the model', async () => {
    const key = await newKey();
    provider.script(raw(answered, 200, { 'Content-Type': 'application/json; charset=utf-8' }));
    const response = await post('/v1/chat/completions', key, asked);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from(answered));
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(provider.last.body.toString()).toBe(asked.toString().replace('"gpt-4o"', '"gpt-real"'));
  });

  test('of streams pass byte for byte, comments, odd line ends and unknown events too', async () => {
    const stream =
      ': hello\r\n\r\nevent: odd\ndata: {"choices":[{"index":0,"delta":{"content":"é😀"},"x":1e999}]}\n\n' +
      'data:{"choices":[],"big":123456789012345678901}\n\nid: 7\ndata: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
    const bytes = Buffer.from(stream);
    // Cut where it hurts: within a line end and within a character.
    provider.script(
      pieces([bytes.subarray(0, 9), bytes.subarray(9, 66), bytes.subarray(66)], { pauseMs: 5 }),
    );
    const body = asked.toString().replace('"seed"', '"stream":true,"seed"');
    const response = await post('/chat/completions', await newKey(), body);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(provider.last.body.toString()).toBe(body.replace('"gpt-4o"', '"gpt-real"'));
  });

  test('choose no provider: an address or key in them is taken out and not followed', async () => {
    const asked: string[] = [];
    const trap: Server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('{}');
    });
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
    const evil = { api_base: url, base_url: url, api_key: 'sk-evil', api_version: '1' };
    const response = await post('/v1/chat/completions', await newKey(), {
      model: 'gpt-4o',
      messages,
      ...evil,
    });
    expect(response.status).toBe(200);
    expect(provider.last.json).toEqual({ model: 'gpt-real', messages });
    expect(asked).toEqual([]);
    trap.close();
  });
});

describe('a provider that dies', () => {
  test('is left alone while another one has the model', async () => {
    const key = await newKey();
    spare.otherwise((response) => void response.destroy());
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      statuses.push((await post('/v1/chat/completions', key, { model: 'twin', messages })).status);
    }
    // Three failures are put up with (allowed_fails), then it rests.
    expect(spare.seen.length).toBe(3);
    expect(statuses.filter((status) => status === 502)).toHaveLength(3);
    expect(statuses.slice(-3)).toEqual([200, 200, 200]);
  });

  test('is replaced by the fallback, at once and without being asked while it rests', async () => {
    const key = await newKey();
    provider.otherwise(failure(500, `at ${provider.base} with ${providerKey}`));
    for (let i = 0; i < 5; i += 1) {
      const response = await post('/v1/chat/completions', key, { model: 'shaky', messages });
      expect(response.status).toBe(200);
    }
    expect(provider.seen).toHaveLength(3);
    expect(spare.seen.map((request) => request.json['model'])).toEqual(Array(5).fill('steady'));
  });
});

describe('the tool loop', () => {
  const loop = async (key: string, model: string, more: object = {}): Promise<Loop> => {
    const response = await post('/v1/chat/completions', key, { model, messages, tools: [ownTools], ...more });
    expect(response.status).toBe(200);
    return (await response.json()) as Loop;
  };
  const call = (name: string, args = '{}'): { name: string; arguments: string } => ({
    name,
    arguments: args,
  });

  test('calls tools on three servers at once, one failing, one forbidden, and leaves a trail of all', async () => {
    const key = await newKey({
      key_alias: 'looper',
      object_permission: { mcp_tool_permissions: { demo: ['*'], web: ['fail', 'echo'], old: ['add'] } },
    });
    provider.script(
      completion({
        toolCalls: [
          call('demo__add', '{"a":3,"b":4}'),
          call('web__fail'),
          call('old__echo'),
          call('old__add', 'no'),
        ],
      }),
      completion({ content: 'It is 7.' }),
    );
    const answer = await loop(key, 'priced');
    expect(answer.choices[0]).toMatchObject({ message: { content: 'It is 7.' }, finish_reason: 'stop' });
    expect(answer.usage).toMatchObject({ prompt_tokens: 20, completion_tokens: 10 });
    expect(answer.toolgate.rounds).toBe(2);
    const offered = (provider.seen[0]?.json['tools'] as { function: { name: string } }[]).map(
      (tool) => tool.function.name,
    );
    expect(offered).toEqual(expect.arrayContaining(['demo__add', 'web__fail', 'old__add']));
    expect(offered).not.toContain('old__echo');
    const told = (provider.last.json['messages'] as { role: string; content: string }[]).filter(
      ({ role }) => role === 'tool',
    );
    expect(told.map(({ content }) => content)).toEqual([
      '7',
      'Error: It went wrong.',
      'Error: Unknown tool: old__echo',
      'Error: The arguments are not a JSON object. Send one.',
    ]);
    const ran = answer.toolgate.output.filter(({ type }) => type === 'mcp_call');
    expect(Object.fromEntries(ran.map((item) => [item.name, item.error ?? item.output]))).toEqual({
      demo__add: '7',
      web__fail: 'It went wrong.',
      old__echo: 'Unknown tool: old__echo',
      old__add: 'The arguments are not a JSON object. Send one.',
    });
    const trail = await eventually('all in the trail', async () => {
      const { body } = await gateway.api('GET', '/v1/audit?key=looper');
      const rows = body['data'] as { tool: string; decision: string; outcome: string }[];
      return rows.length >= 3 && rows;
    });
    expect(Object.fromEntries(trail.map((row) => [row.tool, [row.decision, row.outcome]]))).toMatchObject({
      demo__add: ['allowed', 'success'],
      web__fail: ['allowed', 'tool_error'],
      old__echo: ['denied', 'denied'],
    });
  });

  test('gives calls back where the client wants to be asked, and its own functions beside ours', async () => {
    const key = await newKey();
    provider.script(completion({ toolCalls: [call('demo__add', '{"a":1,"b":1}')] }));
    const asked = await loop(key, 'gpt-4o', { tools: [{ ...ownTools, require_approval: 'always' }] });
    expect(asked.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'demo__add' } }] },
    });
    const own = { type: 'function', function: { name: 'mine', parameters: {} } };
    provider.script(completion({ toolCalls: [call('mine'), call('demo__add', '{"a":1,"b":1}')] }));
    const mixed = await loop(key, 'gpt-4o', { tools: [ownTools, own] });
    expect(mixed.choices[0]?.message.tool_calls).toHaveLength(1);
    expect(mixed.toolgate.output).toContainEqual(expect.objectContaining({ name: 'demo__add', output: '2' }));
  });

  test('is stopped by a budget in the middle, which says so and when it begins anew', async () => {
    // A round costs 0.20.
    const key = await newKey({ key_alias: 'spender', max_budget: 0.3, budget_duration: '30d' });
    provider.otherwise(completion({ toolCalls: [call('demo__add', '{"a":1,"b":1}')] }));
    const answer = await loop(key, 'priced');
    expect(answer.toolgate).toMatchObject({ rounds: 2, stopped: { reason: 'budget_exceeded' } });
    const { message } = answer.choices[0] as Loop['choices'][number];
    expect(message.content).toMatch(/^Budget used up: limit \$0\.3 per 30d for key spender, resets \d{4}-/);
    expect(answer.choices[0]?.finish_reason).toBe('length');
    const streamed = await post('/v1/chat/completions', key, { model: 'priced', messages, stream: true });
    expect(streamed.status).toBe(429);
    const days = Number(streamed.headers.get('retry-after')) / 86_400;
    expect(days).toBeGreaterThan(29);
    expect(days).toBeLessThanOrEqual(30);
    expect(await streamed.json()).toMatchObject({
      error: { code: 'budget_exceeded', type: 'rate_limit_error', message: message.content },
    });
    const { body } = await eventually('it is in the usage', async () => {
      const usage = await gateway.api(
        'GET',
        '/v1/usage?key=spender&group_by=model,tool&since=2020-01-01T00:00:00Z',
      );
      return (usage.body['data'] as unknown[]).length === 2 && usage;
    });
    expect(body['data']).toMatchObject([
      { model: null, tool: 'demo__add', calls: 1, cost: 0 },
      { model: 'priced', tool: null, calls: 2, prompt_tokens: 20, completion_tokens: 10, cost: 0.4 },
    ]);
  });
});

describe('usage', () => {
  test('counts requests that failed, is found by any name of a key, and refuses what it does not know', async () => {
    const key = await newKey({ key_alias: 'unlucky' });
    provider.script(failure(400), failure(500));
    await post('/v1/chat/completions', key, { model: 'gpt-4o', messages });
    await post('/v1/chat/completions', key, { model: 'gpt-4o', messages, stream: true });
    const rows = await eventually('it is written', async () => {
      const { body } = await gateway.api('GET', `/v1/usage?key=${key}&group_by=key,model`);
      const found = body['data'] as object[];
      return found.length > 0 && found;
    });
    expect(rows).toMatchObject([{ model: 'gpt-4o', calls: 2, failed_calls: 2, cost: 0 }]);
    const wrong = await gateway.api('GET', '/v1/usage?group_by=model,mood');
    expect(wrong.status).toBe(400);
    expect(wrong.body.error).toMatchObject({
      param: 'group_by',
      message: expect.stringContaining('must be some of'),
    });
  });
});

describe('the examples', () => {
  const calls = completion({ toolCalls: [{ name: 'demo__add', arguments: '{"a":3,"b":4}' }] });

  test('six steps: an MCP client over HTTP+SSE and the openai package, both at the gateway', async () => {
    expect(readmeBlock('six-steps')).toBe(readFileSync('examples/six-steps.ts', 'utf8'));
    provider.script(calls, completion({ content: '3 + 4 is 7.' }));
    const env = { TOOLGATE_URL: gateway.url, TOOLGATE_KEY: await newKey() };
    expect(await runExample('six-steps', env)).toBe('3 + 4 is 7.\n');
    const [first] = provider.seen;
    expect(first?.json['tools']).toContainEqual(
      expect.objectContaining({ type: 'function', function: expect.objectContaining({ name: 'demo__add' }) }),
    );
    expect((provider.last.json['messages'] as object[]).at(-1)).toMatchObject({ role: 'tool', content: '7' });
  });

  test('plain fetch: any server over stdio, and nothing but fetch for the model', async () => {
    provider.script(
      completion({ toolCalls: [{ name: 'echo', arguments: '{"message":"hello"}' }] }),
      completion({ content: 'I said hello.' }),
    );
    const { command, args } = fixtureCommand();
    const env = { TOOLGATE_URL: gateway.url, TOOLGATE_KEY: await newKey() };
    expect(await runExample('plain-fetch', env, [command, ...args])).toBe('I said hello.\n');
    expect((provider.last.json['messages'] as object[]).at(-1)).toMatchObject({
      role: 'tool',
      content: 'hello',
    });
  });
});

test('no key and no address of a provider is in what the program prints', () => {
  expect(gateway.output()).toContain('a model entry answered with an error');
  expect(gateway.output()).not.toContain(providerKey);
  expect(gateway.output()).not.toContain(provider.base);
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';

import { deployment, post, startLlmApp, type LlmApp } from '../support/llm-app.js';
import { completion, failure, json, MockProvider, pieces, raw, silence } from '../support/mock-provider.js';
import { Secret } from '../../src/core/secret.js';

const messages = [{ role: 'user', content: 'Hi' }];
const chunk = (content: string): string =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
const finish = `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n`;
const done = 'data: [DONE]\n\n';

let provider: MockProvider;
let app: LlmApp;

beforeAll(async () => {
  provider = await MockProvider.start();
  app = await startLlmApp({
    limits: { upstreamResponseBytes: 1024 * 1024 },
    models: [
      deployment({ apiBase: provider.base, timeoutMs: 400, maxRetries: 0 }),
      deployment({
        modelName: 'priced',
        apiBase: provider.base,
        inputCostPerToken: 0.001,
        outputCostPerToken: 0.01,
      }),
      deployment({
        modelName: 'azure',
        provider: 'azure',
        apiBase: provider.origin,
        apiVersion: '2025-01-01',
        apiKey: new Secret('azure-key-1234'),
      }),
    ],
  });
});
beforeEach(() => {
  provider.reset();
  app.usage.reports.length = 0;
  app.usage.outcomes.length = 0;
});
afterAll(async () => {
  await app.close();
  await provider.close();
});

const chat = (body: unknown, init?: RequestInit): Promise<Response> =>
  post(`${app.url}/v1/chat/completions`, body, init);
const stream = (model = 'gpt-test', more = {}): Promise<Response> =>
  chat({ model, messages, stream: true, ...more });

describe('bodies', () => {
  it('reach the provider byte for byte but for the model', async () => {
    const body = `{ "messages":[{"role":"user","content":"H\\u00ef é"}],\n "model" : "gpt-test","seed":12345678901234567890, "x_unknown":{"b":1.0,"a":[ ]},"temperature":1e-3}`;
    await chat(body);
    expect(provider.last.body.toString()).toBe(body.replace('"gpt-test"', '"gpt-real"'));
  });

  it('come back byte for byte, with the content type', async () => {
    const answer =
      '{"id":"x", "choices":[], "big":12345678901234567890,\n"usage":{"prompt_tokens":3,"completion_tokens":4}}';
    provider.script(raw(answer, 200, { 'Content-Type': 'application/json; charset=utf-8' }));
    const response = await chat({ model: 'gpt-test', messages });
    expect(await response.text()).toBe(answer);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('x-toolgate-call-id')).toBe(response.headers.get('x-request-id'));
    expect(response.headers.get('x-toolgate-model-id')).toMatch(/^deployment-/);
    expect(app.usage.reports).toMatchObject([{ inputTokens: 3, outputTokens: 4, estimated: false }]);
  });

  it('of streams pass byte for byte, comments and odd line ends too', async () => {
    const text = `: hello\n\n${chunk('a')}event: x\r\ndata: {"choices":[]}\r\n\r\n${chunk('ü')}${finish}${done}`;
    const bytes = Buffer.from(text);
    provider.script(
      pieces([bytes.subarray(0, 30), bytes.subarray(30, 31), bytes.subarray(31)], { pauseMs: 5 }),
    );
    const response = await stream();
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await response.text()).toBe(text);
  });

  it('lose what would choose an address or credentials', async () => {
    await chat({
      model: 'gpt-test',
      messages,
      api_base: 'http://127.0.0.1:1',
      api_key: 'sk-mine',
      base_url: 'x',
      user: 'u',
    });
    expect(provider.last.json).toEqual({ model: 'gpt-real', messages, user: 'u' });
    expect(provider.last.headers.authorization).toBe('Bearer sk-provider-secret-key');
  });

  it('name one model only, whatever stands there twice', async () => {
    await chat(`{"model":"other","messages":[{"role":"user","content":"x"}],"model":"gpt-test"}`);
    expect(provider.last.body.toString().match(/"model"/g)).toHaveLength(1);
    expect(provider.last.json['model']).toBe('gpt-real');
  });

  it('go to azure deployments by path, with its own key header', async () => {
    await chat({ model: 'azure', messages });
    expect(provider.last.path).toBe('/openai/deployments/gpt-real/chat/completions?api-version=2025-01-01');
    expect(provider.last.headers['api-key']).toBe('azure-key-1234');
    expect(provider.last.headers.authorization).toBeUndefined();
  });

  it('may name the model in the path', async () => {
    await post(`${app.url}/openai/deployments/gpt-test/chat/completions?api-version=1`, { messages });
    expect(provider.last.json['model']).toBe('gpt-real');
    await post(`${app.url}/engines/gpt-test/chat/completions`, { messages, model: 'nope' });
    expect(provider.seen).toHaveLength(2);
  });
});

describe('spend', () => {
  it('is counted from the answer and told in a header', async () => {
    const response = await chat({ model: 'priced', messages });
    expect(Number(response.headers.get('x-toolgate-cost'))).toBeCloseTo(10 * 0.001 + 5 * 0.01);
    expect(app.usage.reports).toMatchObject([{ model: 'priced', inputTokens: 10, outputTokens: 5 }]);
    expect(app.usage.outcomes).toEqual(['success']);
  });

  it('of a stream is asked for and hidden again when the client did not ask', async () => {
    provider.script(completion({ content: 'a b' }));
    const text = await (await stream('priced')).text();
    expect(provider.last.json['stream_options']).toEqual({ include_usage: true });
    expect(text).not.toContain('usage');
    expect(text.endsWith(done)).toBe(true);
    expect(app.usage.reports).toMatchObject([{ inputTokens: 10, outputTokens: 5, estimated: false }]);
  });

  it('of a stream stays visible when the client asked', async () => {
    provider.script(completion({ content: 'a b' }));
    const text = await (await stream('priced', { stream_options: { include_usage: true } })).text();
    expect(text).toContain('"prompt_tokens":10');
  });

  it('of a stream without prices is estimated, and the request left alone', async () => {
    provider.script(completion({ content: 'a '.repeat(40) }));
    await (await stream()).text();
    expect(provider.last.json).not.toHaveProperty('stream_options');
    expect(app.usage.reports).toMatchObject([{ outputTokens: 20, estimated: true }]);
  });
});

describe('streams that go wrong end in an error event', () => {
  const lastData = (text: string): unknown => {
    expect(text.endsWith('\n\n')).toBe(true);
    return JSON.parse(text.trimEnd().split('\n').at(-1)?.replace('data: ', '') ?? '');
  };

  it.each([
    ['cut in the middle of an event', [chunk('a'), 'data: {"id":'], true],
    ['cut between events', [chunk('a')], true],
    ['ended without a finish', [chunk('a')], false],
  ])('%s', async (_title, parts, cut) => {
    provider.script(pieces(parts, { pauseMs: 20, cut }));
    const text = await (await stream()).text();
    expect(text.startsWith(chunk('a'))).toBe(true);
    expect(lastData(text)).toMatchObject({ error: { code: 'upstream_unavailable' } });
    expect(text).not.toContain('[DONE]');
    expect(app.usage.outcomes).toEqual(['error']);
  });

  it('an event that is not JSON', async () => {
    provider.script(pieces([chunk('a') + 'data: {oops\n\n' + finish + done]));
    const text = await (await stream()).text();
    expect(text.startsWith(chunk('a'))).toBe(true);
    expect(lastData(text)).toMatchObject({ error: { code: 'upstream_invalid_response' } });
  });

  it('an event over the size limit', async () => {
    const part = Buffer.alloc(256 * 1024, 'x');
    provider.script(
      pieces([chunk('a'), 'data: {"x":"', ...Array<Buffer>(80).fill(part), '"}\n\n', done], { pauseMs: 0 }),
    );
    const text = await (await stream()).text();
    expect(text.length).toBeLessThan(2_000);
    expect(lastData(text)).toMatchObject({ error: { code: 'upstream_response_too_large' } });
  });

  it('silence in the middle', async () => {
    provider.script((response, request) => {
      void pieces([chunk('a')], { pauseMs: 5_000 })(response, request);
    });
    expect(lastData(await (await stream()).text())).toMatchObject({ error: { code: 'upstream_timeout' } });
  });

  it('but a missing [DONE] after the finish is added', async () => {
    provider.script(pieces([chunk('a') + finish]));
    expect(await (await stream()).text()).toBe(chunk('a') + finish + done);
  });

  it("an error within the stream comes without the provider's secrets", async () => {
    const message = `bad key sk-provider-secret-key at ${provider.origin}/v1`;
    provider.script(pieces([chunk('a'), `data: ${JSON.stringify({ error: { message } })}\n\n`]));
    const text = await (await stream()).text();
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('sk-provider-secret-key');
    expect(text).not.toContain(String(provider.port));
  });
});

describe('answers that go wrong', () => {
  const errorOf = async (response: Response): Promise<Record<string, unknown>> =>
    ((await response.json()) as { error: Record<string, unknown> }).error;

  it.each([
    [
      'HTML with 200',
      raw('<html>login</html>', 200, { 'Content-Type': 'text/html' }),
      502,
      'upstream_invalid_response',
    ],
    [
      'cut JSON',
      raw('{"id":"x","choi', 200, { 'Content-Type': 'application/json' }),
      502,
      'upstream_invalid_response',
    ],
    ['a redirect', raw('', 302, { Location: 'http://127.0.0.1:1/' }), 502, 'upstream_invalid_response'],
    ['HTML with 503', raw('<html>down</html>', 503, { 'Content-Type': 'text/html' }), 503, 'provider_error'],
    ['another shape', json({ detail: 'no such thing' }, 422), 422, 'provider_error'],
    ['too much', raw(`{"x":"${'x'.repeat(1024 * 1024)}"}`, 200, {}), 502, 'upstream_response_too_large'],
    ['silence', silence, 504, 'upstream_timeout'],
  ])('%s', async (_title, reply, status, code) => {
    provider.script(reply);
    const response = await chat({ model: 'gpt-test', messages });
    expect(response.status).toBe(status);
    expect(await errorOf(response)).toMatchObject({ code, message: expect.any(String) });
  });

  it('never show the key or the address of the provider', async () => {
    provider.script(
      failure(400, `key sk-provider-secret-key, see ${provider.base}/x or sk-pro***************et-k`),
      failure(401, 'Incorrect API key provided: sk-provider-secret-key'),
    );
    const texts = [await (await chat({ model: 'gpt-test', messages })).text()];
    const refused = await chat({ model: 'gpt-test', messages });
    texts.push(await refused.text());
    expect(refused.status).toBe(401);
    for (const text of texts) {
      expect(text).not.toMatch(/sk-pro/);
      expect(text).not.toContain(String(provider.port));
    }
  });

  it.each([
    ['no messages', { model: 'gpt-test' }, 'messages'],
    ['empty messages', { model: 'gpt-test', messages: [] }, 'messages'],
    ['a message that is none', { model: 'gpt-test', messages: ['hi'] }, 'messages[0]'],
    ['no model', { messages }, 'model'],
    [
      'a foreign server',
      { model: 'gpt-test', messages, tools: [{ type: 'mcp', server_url: 'https://evil.example/mcp' }] },
      'tools[0].server_url',
    ],
  ])('of the client, %s: 400', async (_title, body, param) => {
    const response = await chat(body);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ param, type: 'invalid_request_error' });
    expect(provider.seen).toHaveLength(0);
  });

  it('of the client, broken JSON or none: 400', async () => {
    expect((await chat('{"model":')).status).toBe(400);
    expect((await chat('[]')).status).toBe(400);
    expect((await chat('')).status).toBe(400);
  });
});

describe('a client that leaves', () => {
  it.each([
    ['before the first byte', silence],
    ['in the middle of a stream', pieces([chunk('a'), chunk('b'), chunk('c')], { pauseMs: 300 })],
  ])("%s: the provider's request is aborted at once", async (_title, reply) => {
    provider.script(reply);
    const leave = new AbortController();
    const left = chat({ model: 'priced', messages, stream: true }, { signal: leave.signal })
      .then((response) => response.text())
      .catch(() => 'gone');
    while (provider.seen.length < 1) await sleep(5);
    await sleep(50);
    leave.abort();
    await left;
    const deadline = Date.now() + 1_000;
    while (!provider.last.aborted && Date.now() < deadline) await sleep(5);
    expect(provider.last.aborted).toBe(true);
    expect(app.usage.outcomes).toEqual(['cancelled']);
  });
});

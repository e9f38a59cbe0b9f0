import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI, { AzureOpenAI } from 'openai';

import { deployment, principal, startLlmApp, type LlmApp } from '../support/llm-app.js';
import { completion, events, failure, json, MockProvider } from '../support/mock-provider.js';

const messages = [{ role: 'user' as const, content: 'Hi' }];

describe.each([
  ['in front of the router', true],
  ['through the router', false],
])('the official openai client, %s', (_title, hot) => {
  let provider: MockProvider;
  let app: LlmApp;
  let client: OpenAI;

  beforeAll(async () => {
    provider = await MockProvider.start();
    app = await startLlmApp({
      hot,
      models: [
        deployment({ apiBase: provider.base, maxRetries: 0 }),
        deployment({ modelName: 'org/*', providerModel: '*', apiBase: provider.base }),
        deployment({ modelName: 'mock', mockResponse: 'A fixed answer.' }),
      ],
      keys: { 'sk-test': principal(), 'sk-narrow': principal([['mock', 'org/small']]) },
    });
    client = new OpenAI({ apiKey: 'sk-test', baseURL: `${app.url}/v1`, maxRetries: 0 });
  });
  beforeEach(() => provider.reset());
  afterAll(async () => {
    await app.close();
    await provider.close();
  });

  it('chats', async () => {
    provider.script(completion({ content: 'Hi there' }));
    const answer = await client.chat.completions.create({ model: 'gpt-test', messages });
    expect(answer.choices[0]?.message.content).toBe('Hi there');
    expect(provider.last.json['model']).toBe('gpt-real');
    expect(provider.last.headers.authorization).toBe('Bearer sk-provider-secret-key');
  });

  it('streams', async () => {
    provider.script(completion({ content: 'one two three' }));
    const stream = await client.chat.completions.create({ model: 'gpt-test', messages, stream: true });
    const texts: string[] = [];
    for await (const chunk of stream) texts.push(chunk.choices[0]?.delta.content ?? '');
    expect(texts.join('')).toBe('one two three');
    expect(texts.filter(Boolean)).toHaveLength(3);
  });

  it('gets tool calls, streamed and not', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'f', parameters: { type: 'object' } } }];
    const answer = completion({ toolCalls: [{ name: 'f', arguments: '{"x":1}' }] });
    provider.script(answer, answer);
    const whole = await client.chat.completions.create({ model: 'gpt-test', messages, tools });
    expect(whole.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'f', arguments: '{"x":1}' } },
    ]);
    const streamed = await client.chat.completions
      .stream({ model: 'gpt-test', messages, tools })
      .finalChatCompletion();
    expect(streamed.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'f', arguments: '{"x":1}' } },
    ]);
  });

  it('embeds', async () => {
    const embedding = [0.25, -1.5];
    provider.script(
      json({
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding }],
        model: 'm',
        usage: { prompt_tokens: 3, total_tokens: 3 },
      }),
    );
    const answer = await client.embeddings.create({
      model: 'gpt-test',
      input: 'x',
      encoding_format: 'float',
    });
    expect(answer.data[0]?.embedding).toEqual(embedding);
    expect(provider.last.path).toBe('/v1/embeddings');
  });

  it('lists models, and only those the key may use', async () => {
    const all = await client.models.list();
    expect(all.data.map(({ id }) => id)).toEqual(['gpt-test', 'org/*', 'mock']);
    const narrow = new OpenAI({ apiKey: 'sk-narrow', baseURL: `${app.url}/v1`, maxRetries: 0 });
    expect((await narrow.models.list()).data.map(({ id }) => id)).toEqual(['org/small', 'mock']);
    expect((await narrow.models.retrieve('org/small')).id).toBe('org/small');
    await expect(narrow.models.retrieve('gpt-test')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });

  it('fills wildcards in', async () => {
    await client.chat.completions.create({ model: 'org/large', messages });
    expect(provider.last.json['model']).toBe('large');
  });

  it('answers with mock_response, streamed too, usage filled in', async () => {
    const answer = await client.chat.completions.create({ model: 'mock', messages });
    expect(answer.choices[0]?.message.content).toBe('A fixed answer.');
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
    const final = await client.chat.completions
      .stream({ model: 'mock', messages, stream_options: { include_usage: true } })
      .finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe('A fixed answer.');
    expect(final.usage?.completion_tokens).toBeGreaterThan(0);
  });

  it('raises errors as the client knows them', async () => {
    const ask = (model: string, key = 'sk-test'): Promise<unknown> =>
      new OpenAI({ apiKey: key, baseURL: `${app.url}/v1`, maxRetries: 0 }).chat.completions.create({
        model,
        messages,
      });
    await expect(ask('nope')).rejects.toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    await expect(ask('gpt-test', 'sk-narrow')).rejects.toMatchObject({
      status: 403,
      code: 'model_not_allowed',
    });
    await expect(ask('nope', 'sk-narrow')).rejects.toMatchObject({ status: 403, code: 'model_not_allowed' });
    await expect(ask('gpt-test', 'sk-other')).rejects.toMatchObject({ status: 401 });
    provider.script(failure(400, 'max_tokens is too large'));
    await expect(ask('gpt-test')).rejects.toMatchObject({
      status: 400,
      message: '400 max_tokens is too large',
    });
    provider.script(failure(429, 'slow down', { 'Retry-After': '7' }));
    const limited = ask('gpt-test');
    await expect(limited).rejects.toMatchObject({ status: 429 });
    const headers: unknown = await limited.catch((error: unknown) =>
      (error as { headers: Headers }).headers.get('retry-after'),
    );
    expect(headers).toBe('7');
  });

  it('raises an error that a provider reports in its stream', async () => {
    provider.script(
      events(
        '{"id":"1","choices":[{"index":0,"delta":{"content":"a"}}]}',
        '{"error":{"message":"overloaded"}}',
      ),
    );
    const stream = await client.chat.completions.create({ model: 'gpt-test', messages, stream: true });
    await expect(
      (async () => {
        for await (const chunk of stream) expect(chunk.id).toBe('1');
      })(),
    ).rejects.toThrow('overloaded');
  });

  it('serves Azure-shaped paths', async () => {
    const azure = new AzureOpenAI({
      endpoint: app.url,
      apiVersion: '2024-10-21',
      apiKey: 'sk-test',
      defaultHeaders: { Authorization: 'Bearer sk-test' },
      maxRetries: 0,
    });
    await azure.chat.completions.create({ model: 'gpt-test', messages });
    expect(provider.last.json['model']).toBe('gpt-real');
  });
});

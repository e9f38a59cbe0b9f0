import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';

import { post, startLlmApp, type LlmApp } from '../support/llm-app.js';
import { json, MockProvider, pieces, silence } from '../support/mock-provider.js';
import { translatedModels } from '../support/translated-models.js';

let provider: MockProvider;
let app: LlmApp;
let client: OpenAI;

beforeAll(async () => {
  provider = await MockProvider.start();
  app = await startLlmApp({
    models: translatedModels(provider, { inputCostPerToken: 0.5 }),
  });
  client = new OpenAI({ apiKey: 'sk-test', baseURL: `${app.url}/v1`, maxRetries: 0 });
});
beforeEach(() => {
  provider.reset();
  app.usage.reports.length = 0;
});
afterAll(async () => {
  await app.close();
  await provider.close();
});

const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'weather',
      description: 'Weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  },
];
const image = 'data:image/png;base64,iVBORw0KGgo=';
const messages = [
  { role: 'system' as const, content: 'Be brief.' },
  {
    role: 'user' as const,
    content: [
      { type: 'text' as const, text: 'Look' },
      { type: 'image_url' as const, image_url: { url: image } },
    ],
  },
  {
    role: 'assistant' as const,
    content: null,
    tool_calls: [
      {
        id: 'call_1',
        type: 'function' as const,
        function: { name: 'weather', arguments: '{"city":"Rome"}' },
      },
    ],
  },
  { role: 'tool' as const, tool_call_id: 'call_1', content: 'sunny' },
];

const sse = (...data: { type?: string }[]): string =>
  data
    .map(
      (entry) =>
        `${entry.type === undefined ? '' : `event: ${entry.type}\n`}data: ${JSON.stringify(entry)}\n\n`,
    )
    .join('');

describe('anthropic', () => {
  const answer = (content: unknown[], stop = 'end_turn'): unknown => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    content,
    stop_reason: stop,
    stop_sequence: null,
    usage: { input_tokens: 12, output_tokens: 7 },
  });
  const start = {
    type: 'message_start',
    message: {
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'c',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 12, output_tokens: 1 },
    },
  };
  const end = (reason: string): { type: string }[] => [
    {
      type: 'message_delta',
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { output_tokens: 7 },
    } as { type: string },
    { type: 'message_stop' },
  ];

  it('gets the request in its own shape', async () => {
    provider.script(json(answer([{ type: 'text', text: 'Fine.' }])));
    const result = await client.chat.completions.create({
      model: 'claude',
      messages,
      tools,
      tool_choice: 'required',
      max_completion_tokens: 50,
      temperature: 0.5,
      stop: ['END'],
    });
    expect(provider.last.path).toBe('/v1/messages');
    expect(provider.last.headers['x-api-key']).toBe('sk-provider-secret-key');
    expect(provider.last.json).toMatchObject({
      model: 'claude-sonnet-4-5',
      max_tokens: 50,
      temperature: 0.5,
      stop_sequences: ['END'],
      system: [{ type: 'text', text: 'Be brief.' }],
      tool_choice: { type: 'any' },
      tools: [{ name: 'weather', description: 'Weather', input_schema: { type: 'object' } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png' } },
          ],
        },
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Rome' } }],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'sunny' }] },
      ],
    });
    expect(result).toMatchObject({
      object: 'chat.completion',
      model: 'claude',
      choices: [{ message: { role: 'assistant', content: 'Fine.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 },
    });
    expect(app.usage.reports).toMatchObject([
      { inputTokens: 12, outputTokens: 7, costUsd: 6, estimated: false },
    ]);
  });

  it('answers with tool calls and stop reasons', async () => {
    provider.script(
      json(
        answer(
          [
            { type: 'text', text: 'Let me.' },
            { type: 'tool_use', id: 'tu_1', name: 'weather', input: { city: 'Rome' } },
          ],
          'tool_use',
        ),
      ),
      json(answer([{ type: 'text', text: 'Cut' }], 'max_tokens')),
    );
    const first = await client.chat.completions.create({ model: 'claude', messages, tools });
    expect(first.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'Let me.',
        tool_calls: [
          { id: 'tu_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
        ],
      },
    });
    const second = await client.chat.completions.create({ model: 'claude', messages });
    expect(second.choices[0]?.finish_reason).toBe('length');
  });

  it.each([
    // Has JSON output of its own; the older one is made to call a tool whose arguments are the answer.
    ['claude', { type: 'text', text: '{"a":1}' }, { output_config: { format: { type: 'json_schema' } } }],
    [
      'claude-old',
      { type: 'tool_use', id: 'tu_1', name: 'json', input: { a: 1 } },
      { tool_choice: { type: 'any' }, tools: [{ name: 'json' }] },
    ],
  ])('answers in the JSON schema that is asked for: %s', async (model, content, asked) => {
    provider.script(json(answer([content], content.type === 'tool_use' ? 'tool_use' : 'end_turn')));
    const schema = { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: false };
    const result = await client.chat.completions.create({
      model,
      messages: [{ role: 'user', content: 'a?' }],
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } },
    });
    expect(provider.last.json).toMatchObject(asked);
    expect(JSON.stringify(provider.last.json)).toContain(JSON.stringify(schema.properties));
    expect(result.choices[0]).toMatchObject({ message: { content: '{"a":1}' }, finish_reason: 'stop' });
    expect(result.choices[0]?.message).not.toHaveProperty('tool_calls');
  });

  it('streams text, tool calls and usage', async () => {
    const text = sse(
      start,
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as {
        type: string;
      },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Let ' } } as {
        type: string;
      },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'me.' } } as {
        type: string;
      },
      { type: 'content_block_stop', index: 0 } as { type: string },
      {
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'tool_use', id: 'tu_1', name: 'weather', input: {} },
      } as { type: string },
      {
        type: 'content_block_delta',
        index: 1,
        delta: { type: 'input_json_delta', partial_json: '{"city":' },
      } as { type: string },
      {
        type: 'content_block_delta',
        index: 1,
        delta: { type: 'input_json_delta', partial_json: '"Rome"}' },
      } as { type: string },
      { type: 'content_block_stop', index: 1 } as { type: string },
      ...end('tool_use'),
    );
    provider.script(pieces([text]));
    const final = await client.chat.completions
      .stream({ model: 'claude', messages, tools, stream_options: { include_usage: true } })
      .finalChatCompletion();
    expect(final.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'Let me.',
        tool_calls: [{ id: 'tu_1', function: { name: 'weather', arguments: '{"city":"Rome"}' } }],
      },
    });
    expect(final.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 7 });
  });

  it("counts a stream's spend though the client did not ask for usage", async () => {
    const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hi' } } as {
      type: string;
    };
    provider.script(pieces([sse(start, block, ...end('end_turn'))]));
    const response = await post(`${app.url}/v1/chat/completions`, {
      model: 'claude',
      messages,
      stream: true,
    });
    const text = await response.text();
    expect(text).not.toContain('usage');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(app.usage.reports).toMatchObject([{ inputTokens: 12, outputTokens: 7, estimated: false }]);
  });

  it("keeps the status of errors, in OpenAI's shape and without secrets", async () => {
    const message = 'max_tokens: too large, key sk-provider-secret-key';
    provider.script(json({ type: 'error', error: { type: 'invalid_request_error', message } }, 400));
    const refused = await post(`${app.url}/v1/chat/completions`, { model: 'claude', messages });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      error: { message: 'max_tokens: too large, key [redacted]', code: 'provider_error' },
    });
    provider.script(
      json({ type: 'error', error: { type: 'rate_limit_error', message: 'slow' } }, 429, {
        'Retry-After': '9',
      }),
    );
    const limited = await post(`${app.url}/v1/chat/completions`, { model: 'claude', messages });
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '9']);
  });

  it('ends a cut stream in an error event', async () => {
    provider.script(pieces([sse(start)], { cut: true, pauseMs: 20 }));
    const response = await post(`${app.url}/v1/chat/completions`, {
      model: 'claude',
      messages,
      stream: true,
    });
    const text = await response.text();
    expect(JSON.parse(text.trim().split('\n').at(-1)?.slice(6) ?? '')).toHaveProperty('error.message');
  });

  it('is given up after its timeout, and has no embeddings', async () => {
    provider.script(silence);
    expect((await post(`${app.url}/v1/chat/completions`, { model: 'claude', messages })).status).toBe(504);
    expect((await post(`${app.url}/v1/embeddings`, { model: 'claude', input: 'x' })).status).toBe(400);
    expect((await post(`${app.url}/v1/responses`, { model: 'claude', input: 'x' })).status).toBe(400);
  });

  it('names the field that cannot be translated', async () => {
    const bad = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'ftp://x' } }] }];
    const response = await post(`${app.url}/v1/chat/completions`, { model: 'claude', messages: bad });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: 'messages[0].content[0].image_url.url' } });
  });
});

describe('gemini', () => {
  const part = (parts: unknown[], finishReason?: string): object => ({
    candidates: [
      { content: { role: 'model', parts }, ...(finishReason === undefined ? {} : { finishReason }) },
    ],
    usageMetadata: { promptTokenCount: 8, candidatesTokenCount: 3, totalTokenCount: 11 },
  });

  it('gets the request in its own shape, and answers', async () => {
    provider.script(json(part([{ text: '{"a":1}' }], 'STOP')));
    const result = await client.chat.completions.create({
      model: 'gemini',
      messages,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'x', schema: { type: 'object', properties: { a: { type: 'number' } } } },
      },
    });
    expect(provider.last.path).toBe('/v1beta/models/gemini-2.5-flash:generateContent');
    expect(provider.last.headers['x-goog-api-key']).toBe('sk-provider-secret-key');
    expect(provider.last.json).toMatchObject({
      generationConfig: { responseMimeType: 'application/json', responseSchema: { type: 'object' } },
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
    });
    expect(result.choices[0]).toMatchObject({ message: { content: '{"a":1}' }, finish_reason: 'stop' });
    expect(result.usage).toMatchObject({ prompt_tokens: 8, completion_tokens: 3 });
  });

  it('streams text and tool calls', async () => {
    provider.script(
      pieces([
        sse(
          part([{ text: 'Hm. ' }]),
          part([{ functionCall: { name: 'weather', args: { city: 'Rome' } } }], 'STOP'),
        ),
      ]),
    );
    const final = await client.chat.completions
      .stream({ model: 'gemini', messages, tools })
      .finalChatCompletion();
    expect(final.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'Hm. ',
        tool_calls: [{ function: { name: 'weather', arguments: '{"city":"Rome"}' } }],
      },
    });
  });

  it('refuses images it would have to fetch', async () => {
    const remote = [
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://169.254.169.254/x.png' } }] },
    ];
    const response = await post(`${app.url}/v1/chat/completions`, { model: 'gemini', messages: remote });
    expect(response.status).toBe(400);
    expect(provider.seen).toHaveLength(0);
  });

  it('embeds', async () => {
    provider.script(json({ embeddings: [{ values: [1, 2] }, { values: [3, 4] }] }));
    const result = await client.embeddings.create({
      model: 'gemini',
      input: ['a', 'b'],
      encoding_format: 'float',
    });
    expect(result.data.map(({ embedding }) => embedding)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});

describe('bedrock', () => {
  it('is asked with signed requests, and answers', async () => {
    provider.script(
      json({
        output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
        stopReason: 'end_turn',
        usage: { inputTokens: 4, outputTokens: 2, totalTokens: 6 },
      }),
    );
    const result = await client.chat.completions.create({
      model: 'bedrock',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(provider.last.path).toBe('/model/anthropic.claude-3/converse');
    expect(provider.last.headers.authorization).toContain('AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE123456');
    expect(result.choices[0]?.message.content).toBe('Hi');
    expect(result.usage?.total_tokens).toBe(6);
  });
});
